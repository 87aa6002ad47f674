"""Handwritten digits by a convolutional network: batch normalisation, augmentation in the Dataset, OneCycleLR.

    python digits_cnn.py                 with PyTorch
    tapegrad run digits_cnn.py           with tapegrad

Needs scikit-learn for the 1797 digits of 8 × 8 pixels; tqdm and matplotlib are used if they are there.
"""

import argparse
import json
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset

try:
    from tqdm import tqdm
except ImportError:
    tqdm = lambda steps, **_: steps


class Digits(Dataset):
    """Images of shape (1, 8, 8) with labels; if `shifting`, moved by up to one pixel at random."""

    def __init__(self, images, labels, shifting):
        self.images = nn.functional.pad(images, (1, 1, 1, 1)) if shifting else images
        self.labels = labels
        self.shifting = shifting

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        image = self.images[index]
        if self.shifting:
            down, right = torch.randint(3, (2,)).tolist()
            image = image[:, down : down + 8, right : right + 8]
        return image, self.labels[index]


def network():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1, bias=False),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, padding=1, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(64 * 16, 10),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--workers", type=int, default=0, help="processes that augment the images")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--losses", type=Path, help="write the loss of every step into this JSON file")
    parser.add_argument("--plot", type=Path, default=None, help="draw the curve into this picture")
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    data = load_digits()
    images = torch.tensor(data.images, dtype=torch.float32).unsqueeze(1) / 16
    labels = torch.tensor(data.target)
    order = torch.randperm(len(labels))
    images, labels = images[order], labels[order]
    training, test = Digits(images[360:], labels[360:], shifting=True), Digits(images[:360], labels[:360], False)
    loader = DataLoader(training, batch_size=64, shuffle=True, drop_last=True, num_workers=options.workers)

    model = network()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-2)
    steps = options.epochs * len(loader)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-2, total_steps=steps)
    losses = []
    for epoch in tqdm(range(options.epochs), desc="epochs", leave=False):
        model.train()
        for batch, wanted in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(batch), wanted, label_smoothing=0.05)
            loss.backward()
            optimizer.step()
            scheduler.step()
            losses.append(loss.item())
        model.eval()
        with torch.no_grad():
            found = (model(test.images).argmax(1) == test.labels).float().mean().item()
        if epoch % 3 == 0 or epoch == options.epochs - 1:
            print(f"epoch {epoch:2}  loss {loss.item():.4f}  test accuracy {found:.2%}")

    if options.losses:
        options.losses.write_text(json.dumps(losses))
    if options.plot:
        import matplotlib.pyplot as plt

        plt.semilogy(losses)
        plt.xlabel("step")
        plt.ylabel("loss")
        plt.savefig(options.plot)


if __name__ == "__main__":
    main()
