"""Handwritten digits by a multilayer perceptron: Adam, a DataLoader, a scheduler, a checkpoint of the best epoch.

    python digits_mlp.py                 with PyTorch
    tapegrad run digits_mlp.py           with tapegrad

Needs scikit-learn for the 1797 digits of 8 × 8 pixels; tqdm and matplotlib are used if they are there.
"""

import argparse
import json
import tempfile
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

try:
    from tqdm import tqdm
except ImportError:
    tqdm = lambda steps, **_: steps


def digits():
    """Training and test set: images as rows of 64 numbers between 0 and 1, and labels."""
    data = load_digits()
    images = torch.tensor(data.data, dtype=torch.float32) / 16
    return random_split(TensorDataset(images, torch.tensor(data.target)), [0.8, 0.2])


def accuracy(model, dataset):
    images, labels = next(iter(DataLoader(dataset, batch_size=len(dataset))))
    model.eval()
    with torch.no_grad():
        correct = (model(images).argmax(1) == labels).sum().item()
    model.train()
    return correct / len(dataset)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--losses", type=Path, help="write the loss of every step into this JSON file")
    parser.add_argument("--plot", type=Path, default=None, help="draw the curve into this picture")
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    training, test = digits()
    loader = DataLoader(training, batch_size=64, shuffle=True)
    model = nn.Sequential(
        nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=options.epochs)
    losses, best = [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(folder) / "best.pt"
        for epoch in tqdm(range(options.epochs), desc="epochs", leave=False):
            for images, labels in loader:
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(model(images), labels)
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            scheduler.step()
            found = accuracy(model, test)
            if found > best:
                best = found
                torch.save({"epoch": epoch, "model": model.state_dict()}, checkpoint)
            if epoch % 5 == 0 or epoch == options.epochs - 1:
                rate = scheduler.get_last_lr()[0]
                print(f"epoch {epoch:2}  loss {loss.item():.4f}  test accuracy {found:.2%}  learning rate {rate:.1e}")
        saved = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(saved["model"])
    print(f"best: epoch {saved['epoch']}, test accuracy {accuracy(model, test):.2%}")

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
