"""Logistic regression by LBFGS: benign or malignant, from 30 measurements of a tumour's cells.

    python tumours_lbfgs.py              with PyTorch
    tapegrad run tumours_lbfgs.py        with tapegrad

Needs scikit-learn for the data; tqdm and matplotlib are used if they are there.
"""

import argparse
import json
from pathlib import Path

import torch
from sklearn.datasets import load_breast_cancer
from torch import nn

try:
    from tqdm import tqdm
except ImportError:
    tqdm = lambda steps, **_: steps


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--penalty", type=float, default=1e-3, help="on the square of the weights")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--losses", type=Path, help="write the loss of every evaluation into this JSON file")
    parser.add_argument("--plot", type=Path, default=None, help="draw the curve into this picture")
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    data = load_breast_cancer()
    x = torch.tensor(data.data)
    x = (x - x.mean(0)) / x.std(0)
    y = torch.tensor(data.target, dtype=torch.float64)
    order = torch.randperm(len(y))
    test, training = order[:114], order[114:]

    model = nn.Linear(30, 1, dtype=torch.float64)
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=10, history_size=10, line_search_fn="strong_wolfe")
    losses = []

    def closure():
        optimizer.zero_grad()
        logits = model(x[training]).squeeze(1)
        loss = nn.functional.binary_cross_entropy_with_logits(logits, y[training])
        loss = loss + options.penalty * model.weight.square().sum()
        loss.backward()
        losses.append(loss.item())
        return loss

    for step in tqdm(range(options.steps), desc="steps", leave=False):
        loss = optimizer.step(closure)
        with torch.no_grad():
            found = ((model(x[test]).squeeze(1) > 0) == (y[test] > 0.5)).double().mean().item()
        print(f"step {step:2}  loss {loss.item():.8f}  evaluations {len(losses):3}  test accuracy {found:.2%}")

    if options.losses:
        options.losses.write_text(json.dumps(losses))
    if options.plot:
        import matplotlib.pyplot as plt

        plt.semilogy(losses)
        plt.xlabel("evaluation")
        plt.ylabel("loss")
        plt.savefig(options.plot)


if __name__ == "__main__":
    main()
