# docker build -f docker/cuda.Dockerfile -t gradunc:cuda . && docker run --rm --gpus all gradunc:cuda
# The wheels of torch bring the CUDA libraries; the machine needs only the NVIDIA driver and container toolkit.
FROM ubuntu:24.04
RUN apt-get update && apt-get install --yes --no-install-recommends make git python3 python3-venv && rm -rf /var/lib/apt/lists/*
WORKDIR /gradunc
COPY . .
RUN make install
CMD ["make", "demo"]
