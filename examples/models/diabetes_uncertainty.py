"""Regression that says how sure it is: five networks that each predict a mean and a variance.

    python diabetes_uncertainty.py           with PyTorch
    tapegrad run diabetes_uncertainty.py     with tapegrad

Needs scikit-learn for the data of 442 patients; tqdm and matplotlib are used if they are there.
"""

import argparse
import json
from pathlib import Path

import torch
from sklearn.datasets import load_diabetes
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

try:
    from tqdm import tqdm
except ImportError:
    tqdm = lambda steps, **_: steps


class Network(nn.Module):
    """A mean and a variance for each row of ten numbers."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(10, 32), nn.Tanh(), nn.LayerNorm(32), nn.Dropout(0.2))
        self.mean = nn.Linear(32, 1)
        self.scale = nn.Linear(32, 1)

    def forward(self, x):
        hidden = self.body(x)
        return self.mean(hidden).squeeze(1), nn.functional.softplus(self.scale(hidden)).squeeze(1) + 1e-3


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--losses", type=Path, help="write the loss of every step into this JSON file")
    parser.add_argument("--plot", type=Path, default=None, help="draw the test set into this picture")
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    x, y = (torch.tensor(part, dtype=torch.float32) for part in load_diabetes(return_X_y=True, scaled=False))
    x, y = (x - x.mean(0)) / x.std(0), (y - y.mean()) / y.std()
    training, test = random_split(TensorDataset(x, y), [0.8, 0.2])
    loss_function = nn.GaussianNLLLoss()
    networks, losses = [], []
    for _ in tqdm(range(options.networks), desc="networks", leave=False):
        model = Network()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, nesterov=True, weight_decay=1e-3)
        for _ in range(options.epochs):
            for inputs, wanted in DataLoader(training, batch_size=32, shuffle=True):
                optimizer.zero_grad()
                mean, variance = model(inputs)
                loss = loss_function(mean, wanted, variance)
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
        networks.append(model.eval())
        print(f"network {len(networks)}  loss {sum(losses[-12:]) / 12:.4f}")

    inputs, wanted = (torch.stack(column) for column in zip(*test, strict=True))
    with torch.no_grad():
        means, variances = (torch.stack(column) for column in zip(*(model(inputs) for model in networks), strict=True))
    mean = means.mean(0)
    deviation = (variances + means**2).mean(0).sub(mean**2).sqrt()
    error = (mean - wanted).abs()
    for width in (1, 2):
        share = (error < width * deviation).float().mean().item()
        print(f"within {width} standard deviation{'s' if width > 1 else ''}: {share:.0%} of the test set")
    sure = deviation < deviation.median()
    print(f"mean error where it is sure {error[sure].mean().item():.3f}, elsewhere {error[~sure].mean().item():.3f}")

    if options.losses:
        options.losses.write_text(json.dumps(losses))
    if options.plot:
        import matplotlib.pyplot as plt

        plt.errorbar(wanted, mean, yerr=deviation, fmt="o")
        plt.xlabel("measured")
        plt.ylabel("predicted")
        plt.savefig(options.plot)


if __name__ == "__main__":
    main()
