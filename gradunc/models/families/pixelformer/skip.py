"""One stage of the decoder of PixelFormer: window attention in the place of a skip connection.

The coarser stage of the DECODER asks (queries), the encoder's features answer (keys and values). In NeWCRFs it is the
other way round: there the encoder's features decide what is mixed, and the decoder's are mixed.
"""

from torch import Tensor, nn

from gradunc.models.parts.tokens import MLP, to_map, to_tokens
from gradunc.models.parts.windows import WINDOW, RelativeBias, WindowGrid, attend
from gradunc.types import Size


class SkipStage(nn.Module):
    """Attention of a map to the encoder's, which are both added to the result.

    Args:
        encoder_channels: of the encoder's map; it is projected where they are not `channels`.
        coarser_channels: of what the coarser stage gives.
        channels: of the result.
        heads: of the attention.
    """

    def __init__(self, encoder_channels: int, coarser_channels: int, channels: int, heads: int) -> None:
        super().__init__()
        same = encoder_channels == channels
        self.features = nn.Identity() if same else nn.Conv2d(encoder_channels, channels, 3, padding=1)
        self.query = nn.Conv2d(coarser_channels, channels, 3, padding=1)
        self.norm1, self.norm_skip = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.attention = SkipAttention(channels, heads)
        self.norm2 = nn.LayerNorm(channels)
        self.mlp = MLP(channels)
        self.norm = nn.LayerNorm(channels)

    def forward(self, features: Tensor, coarser: Tensor) -> Tensor:
        """Map of the encoder (B,E,h,w) and of the coarser stage (B,Q,h,w) -> (B,C,h,w)."""
        size = (features.shape[-2], features.shape[-1])
        features, query = self.features(features), self.query(coarser)
        x = to_tokens(query)
        x = x + self.attention(self.norm1(x), self.norm_skip(to_tokens(features)), size)
        x = x + self.mlp(self.norm2(x))
        return to_map(self.norm(x), size) + features + query


class SkipAttention(nn.Module):
    """Attention within windows that are not shifted."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.q = nn.Linear(channels, channels)
        self.kv = nn.Linear(channels, 2 * channels)
        self.bias = RelativeBias(WINDOW, heads)
        self.out = nn.Linear(channels, channels)

    def forward(self, x: Tensor, skip: Tensor, size: Size) -> Tensor:
        """Tokens (B,h*w,C) of the decoder and of the encoder -> tokens (B,h*w,C)."""
        grid = WindowGrid(size, WINDOW)
        # Behind the split: cells of the padding have the keys and values of zeros, as the published networks learnt.
        query, answers = self.q(grid.split(x.unflatten(1, size))), self.kv(grid.split(skip.unflatten(1, size)))
        key, value = answers.chunk(2, -1)
        return self.out(grid.join(attend(query, key, value, self.bias(), None)).flatten(1, 2))
