"""Text, a character at a time: a small transformer, or an LSTM, learns from Python's own help and writes some more.

    python characters.py                         with PyTorch
    tapegrad run characters.py                   with tapegrad
    tapegrad run characters.py --model lstm      an LSTM instead of a transformer

The text is from the standard library. tqdm and matplotlib are used if they are there.
"""

import argparse
import json
import math
from pathlib import Path
from pydoc_data.topics import topics

import torch
from torch import nn

try:
    from tqdm import tqdm
except ImportError:
    tqdm = lambda steps, **_: steps

LENGTH = 48  # characters that the model sees


class Transformer(nn.Module):
    """Predicts the next character at every place of a text, from those before it."""

    def __init__(self, characters, width=64, heads=4, layers=2):
        super().__init__()
        self.embedding = nn.Embedding(characters, width)
        self.places = nn.Parameter(torch.randn(LENGTH, width) / math.sqrt(width))
        layer = nn.TransformerEncoderLayer(width, heads, 4 * width, 0.1, "gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.head = nn.Linear(width, characters)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(LENGTH))

    def forward(self, text):
        n = text.shape[1]
        x = self.embedding(text) + self.places[:n]
        return self.head(self.encoder(x, mask=self.mask[:n, :n], is_causal=True))


class Recurrent(nn.Module):
    """The same by an LSTM."""

    def __init__(self, characters, width=128):
        super().__init__()
        self.embedding = nn.Embedding(characters, width)
        self.lstm = nn.LSTM(width, width, batch_first=True)
        self.head = nn.Linear(width, characters)

    def forward(self, text):
        return self.head(self.lstm(self.embedding(text))[0])


@torch.no_grad()
def written(model, text, count):
    """`text`, of shape (1, n), and `count` characters more, drawn with the probabilities that the model gives."""
    model.eval()
    for _ in range(count):
        logits = model(text[:, -LENGTH:])[:, -1]
        text = torch.cat([text, torch.multinomial(torch.softmax(logits / 0.7, 1), 1)], 1)
    model.train()
    return text[0].tolist()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", choices=["transformer", "lstm"], default="transformer")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--losses", type=Path, help="write the loss of every step into this JSON file")
    parser.add_argument("--plot", type=Path, default=None, help="draw the curve into this picture")
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    source = "".join(topics[name] for name in sorted(topics))[:100_000].lower()
    alphabet = sorted(set(source))
    number = {character: i for i, character in enumerate(alphabet)}
    text = torch.tensor([number[character] for character in source])

    model = (Transformer if options.model == "transformer" else Recurrent)(len(alphabet))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    warming = torch.optim.lr_scheduler.LinearLR(optimizer, 0.1, 1.0, total_iters=20)
    losses = []
    for step in tqdm(range(options.steps), desc="steps", leave=False):
        starts = torch.randint(len(text) - LENGTH, (32, 1))
        chunk = text[starts + torch.arange(LENGTH + 1)]
        logits = model(chunk[:, :-1])
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), chunk[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        warming.step()
        losses.append(loss.item())
        if step % 50 == 0 or step == options.steps - 1:
            print(f"step {step:4}  loss {loss.item():.4f}")
    start = torch.tensor([[number[character] for character in "the "]])
    print("".join(alphabet[i] for i in written(model, start, 200)))

    if options.losses:
        options.losses.write_text(json.dumps(losses))
    if options.plot:
        import matplotlib.pyplot as plt

        plt.plot(losses)
        plt.xlabel("step")
        plt.ylabel("loss")
        plt.savefig(options.plot)


if __name__ == "__main__":
    main()
