"""Damage to the bytes of files, and small images of every kind to damage."""

import io
import random
import struct
import zlib

import numpy as np
from PIL import Image

PNG = b"\x89PNG\r\n\x1a\n"
NUMBERS = (0, 1, 255, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1, 100000)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def interlaced(pixels: np.ndarray) -> bytes:
    """A PNG in the seven passes of Adam7, which Pillow cannot write."""
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    rows = b"".join(b"\0" + row.tobytes() for x, y, dx, dy in passes for row in pixels[y::dy, x::dx])
    header = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 8, 2, 0, 0, 1)
    return PNG + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def images() -> dict[str, bytes]:
    """Kind -> a sound file."""
    draw = np.random.default_rng(0)
    pixels = draw.integers(0, 256, (6, 8, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    picture = Image.fromarray(pixels)
    turned = Image.Exif()
    turned[0x0112] = 6
    gray = picture.convert("L")
    return {
        "PNG": encoded(picture, "PNG"),
        "interlaced PNG": interlaced(pixels),
        "palette PNG": encoded(picture.quantize(32), "PNG"),
        "RGBA PNG": encoded(picture.convert("RGBA"), "PNG"),
        "gray PNG": encoded(gray, "PNG"),
        "16-bit PNG": encoded(Image.fromarray(np.asarray(gray).astype(np.uint16) * 257), "PNG"),
        "JPEG": encoded(picture, "JPEG"),
        "progressive JPEG": encoded(picture, "JPEG", progressive=True),
        "gray JPEG": encoded(gray, "JPEG"),
        "CMYK JPEG": encoded(picture.convert("CMYK"), "JPEG"),
        "turned JPEG": encoded(picture, "JPEG", exif=turned),
        "WebP": encoded(picture, "WEBP"),
        "lossless WebP": encoded(picture, "WEBP", lossless=True),
        "BMP": encoded(picture, "BMP"),
        "TIFF": encoded(picture, "TIFF"),
        "LZW TIFF": encoded(picture, "TIFF", compression="tiff_lzw"),
        "PPM": encoded(picture, "PPM"),
    }


def damaged(data: bytes, draw: random.Random) -> bytes:
    """A copy with one to four faults; half of the PNG files get right checksums again, so that decoders see them."""
    content = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 4))):
        place = draw.randrange(len(content)) if draw.random() < 0.6 else draw.randrange(min(len(content), 64))
        fault = draw.randrange(7)
        if fault == 0:
            content[place] ^= 1 << draw.randrange(8)
        elif fault == 1:
            content[place] ^= 0xFF
        elif fault == 2:
            content = content[: max(1, draw.randrange(len(content)))]
        elif fault == 3:
            content[place : place + 4] = struct.pack(draw.choice("<>") + "I", draw.choice(NUMBERS))
        elif fault == 4:
            content[place:place] = draw.randbytes(draw.randrange(1, 40))
        elif fault == 5 and len(content) > 100:
            del content[place : place + draw.randrange(1, 60)]
        else:
            other = draw.randrange(len(content))
            content[place : place + 20] = content[other : other + 20]
    return with_checksums(bytes(content)) if content.startswith(PNG) and draw.random() < 0.5 else bytes(content)


def with_checksums(data: bytes) -> bytes:
    """A PNG whose chunks have the checksums of what they hold."""
    result, place = data[:8], 8
    while place + 12 <= len(data):
        length = struct.unpack(">I", data[place : place + 4])[0]
        result += data[place : place + 4]
        body = data[place + 4 : place + 8 + min(length, len(data))]
        result += body + struct.pack(">I", zlib.crc32(body))
        place += 12 + length
    return result
