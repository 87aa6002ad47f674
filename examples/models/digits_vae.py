"""Digits that nobody wrote: a variational autoencoder, the samples of which are printed and drawn.

    python digits_vae.py                 with PyTorch
    tapegrad run digits_vae.py           with tapegrad

Needs scikit-learn for the 1797 digits of 8 × 8 pixels; tqdm and matplotlib are used if they are there.
"""

import argparse
import json
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader

try:
    from tqdm import tqdm
except ImportError:
    tqdm = lambda steps, **_: steps

SHADES = " .:-=+*#%@"


class Autoencoder(nn.Module):
    """Images as rows of 64 numbers between 0 and 1, by way of `size` normally distributed ones."""

    def __init__(self, size=8):
        super().__init__()
        self.size = size
        self.encoder = nn.Sequential(nn.Linear(64, 128), nn.SiLU(), nn.Linear(128, 2 * size))
        self.decoder = nn.Sequential(nn.Linear(size, 128), nn.SiLU(), nn.Linear(128, 64))

    def forward(self, images):
        mean, log_variance = self.encoder(images).chunk(2, dim=1)
        hidden = mean + torch.randn_like(mean) * torch.exp(log_variance / 2)
        return self.decoder(hidden), mean, log_variance

    def sample(self, count):
        return torch.sigmoid(self.decoder(torch.randn(count, self.size)))


def loss_of(model, images):
    """The negative evidence lower bound per image, in nats."""
    logits, mean, log_variance = model(images)
    reconstruction = nn.functional.binary_cross_entropy_with_logits(logits, images, reduction="sum")
    divergence = -0.5 * torch.sum(1 + log_variance - mean**2 - log_variance.exp())
    return (reconstruction + divergence) / len(images)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--losses", type=Path, help="write the loss of every step into this JSON file")
    parser.add_argument("--plot", type=Path, default=None, help="draw 64 samples into this picture")
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    images = torch.tensor(load_digits().data, dtype=torch.float32) / 16
    loader = DataLoader(images, batch_size=64, shuffle=True)
    model = Autoencoder()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    losses = []
    for epoch in tqdm(range(options.epochs), desc="epochs", leave=False):
        for batch in loader:
            optimizer.zero_grad()
            loss = loss_of(model, batch)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        if epoch % 5 == 0 or epoch == options.epochs - 1:
            print(f"epoch {epoch:2}  loss {sum(losses[-len(loader) :]) / len(loader):.3f} nats")

    with torch.no_grad():
        samples = model.sample(64).view(64, 8, 8)
    for row in range(8):
        print("   ".join("".join(SHADES[int(p * 9.99)] for p in image[row].tolist()) for image in samples[:6]))

    if options.losses:
        options.losses.write_text(json.dumps(losses))
    if options.plot:
        import matplotlib.pyplot as plt

        plt.imshow(samples.view(8, 8, 8, 8).permute(0, 2, 1, 3).reshape(64, 64), cmap="gray_r")
        plt.axis("off")
        plt.savefig(options.plot)


if __name__ == "__main__":
    main()
