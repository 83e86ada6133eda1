"""Between maps and tokens, and what transformers do with each token."""

from torch import Tensor, nn

from gradunc.types import Size


def to_tokens(x: Tensor) -> Tensor:
    """A map (B,C,h,w) -> tokens in rows (B,h*w,C)."""
    return x.flatten(2).transpose(1, 2)


def to_map(tokens: Tensor, size: Size) -> Tensor:
    """Tokens in rows (B,h*w,C) -> a map (B,C,h,w)."""
    return tokens.transpose(1, 2).unflatten(2, size)


class MLP(nn.Module):
    """Two layers with GELU between them, four times as wide inside.

    Args:
        channels: of a token.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(channels, 4 * channels)
        self.activation = nn.GELU()
        self.fc2 = nn.Linear(4 * channels, channels)

    def forward(self, tokens: Tensor) -> Tensor:
        """(B,N,C) -> (B,N,C)."""
        return self.fc2(self.activation(self.fc1(tokens)))
