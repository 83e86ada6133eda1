"""One stage of the decoder of NeWCRFs: a conditional random field within windows, written as attention.

The pairwise potential of two cells of a window is a weight times a message. The weights come from queries and keys of
the ENCODER's features, the messages from the coarser stage of the decoder.
"""

from torch import Tensor, nn

from gradunc.models.parts.tokens import MLP, to_map, to_tokens
from gradunc.models.parts.windows import WINDOW, RelativeBias, WindowGrid, attend
from gradunc.types import Size


class CRFStage(nn.Module):
    """Two blocks on one message, the second one with windows that are shifted by half of their side.

    Args:
        encoder_channels: of the encoder's map; it is projected where they are not `channels`.
        message_channels: of what the coarser stage says.
        channels: of the result.
        heads: of the attention.
    """

    def __init__(self, encoder_channels: int, message_channels: int, channels: int, heads: int) -> None:
        super().__init__()
        same = encoder_channels == channels
        self.features = nn.Identity() if same else nn.Conv2d(encoder_channels, channels, 3, padding=1)
        self.message = nn.Conv2d(message_channels, channels, 3, padding=1)
        self.blocks = nn.ModuleList(CRFBlock(channels, heads, shift) for shift in (0, WINDOW // 2))
        self.norm = nn.LayerNorm(channels)

    def forward(self, features: Tensor, message: Tensor) -> Tensor:
        """Map of the encoder (B,E,h,w) and message (B,M,h,w) -> (B,C,h,w)."""
        size = (features.shape[-2], features.shape[-1])
        x, message = to_tokens(self.features(features)), self.message(message).permute(0, 2, 3, 1)
        for block in self.blocks:
            x = block(x, message, size)
        return to_map(self.norm(x), size)


class CRFBlock(nn.Module):
    """Energy of the windows, then two layers for each cell; both are added to what comes in.

    Args:
        channels: of the tokens and of the message.
        heads: of the attention.
        shift: of the windows [cells].
    """

    def __init__(self, channels: int, heads: int, shift: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.attention = CRFAttention(channels, heads, shift)
        self.mlp = MLP(channels)

    def forward(self, x: Tensor, message: Tensor, size: Size) -> Tensor:
        """Tokens (B,h*w,C) and message (B,h,w,C) -> tokens (B,h*w,C)."""
        x = x + self.attention(self.norm1(x), message, size)
        return x + self.mlp(self.norm2(x))


class CRFAttention(nn.Module):
    """Attention whose values are the message as it is, and whose weights it has no part in."""

    def __init__(self, channels: int, heads: int, shift: int) -> None:
        super().__init__()
        self.shift = shift
        self.qk = nn.Linear(channels, 2 * channels)
        self.bias = RelativeBias(WINDOW, heads)
        self.out = nn.Linear(channels, channels)

    def forward(self, x: Tensor, message: Tensor, size: Size) -> Tensor:
        """Tokens (B,h*w,C) and message (B,h,w,C) -> tokens (B,h*w,C)."""
        grid = WindowGrid(size, WINDOW, self.shift)
        # Behind the split: cells of the padding have the queries and keys of zeros, as the published networks learnt.
        query, key = self.qk(grid.split(x.unflatten(1, size))).chunk(2, -1)
        mixed = attend(query, key, grid.split(message), self.bias(), grid.mask(query))
        return self.out(grid.join(mixed).flatten(1, 2))
