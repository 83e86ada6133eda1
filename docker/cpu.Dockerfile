# docker build -f docker/cpu.Dockerfile -t gradunc . && docker run --rm gradunc
FROM python:3.12-slim
RUN apt-get update && apt-get install --yes --no-install-recommends make git && rm -rf /var/lib/apt/lists/*
WORKDIR /gradunc
COPY . .
RUN make install
CMD ["make", "demo"]
