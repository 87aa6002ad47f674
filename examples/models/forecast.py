"""A forecast by an LSTM: two swings with noise, continued for a hundred days from the last forty.

    python forecast.py                   with PyTorch
    tapegrad run forecast.py             with tapegrad

tqdm and matplotlib are used if they are there.
"""

import argparse
import json
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

try:
    from tqdm import tqdm
except ImportError:
    tqdm = lambda steps, **_: steps

WINDOW = 40


class Forecaster(nn.Module):
    """The next value of a series, of shape (batch, time, 1), after each of its values."""

    def __init__(self, width=32):
        super().__init__()
        self.lstm = nn.LSTM(1, width, num_layers=2, batch_first=True)
        self.head = nn.Linear(width, 1)

    def forward(self, series, state=None):
        hidden, state = self.lstm(series, state)
        return self.head(hidden), state


def series(days):
    """A season of 25 days on one of 90, with noise."""
    day = torch.arange(days, dtype=torch.float32)
    swings = torch.sin(2 * torch.pi * day / 25) + 0.5 * torch.cos(2 * torch.pi * day / 90)
    return swings + 0.05 * torch.randn(days)


@torch.no_grad()
def continued(model, past, days):
    """What the model expects after `past`, of shape (time,), day by day from its own forecasts."""
    value, state = model(past.view(1, -1, 1))
    value = value[:, -1:]
    forecast = [value]
    for _ in range(days - 1):
        value, state = model(value, state)
        forecast.append(value)
    return torch.cat(forecast, 1).flatten()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--losses", type=Path, help="write the loss of every step into this JSON file")
    parser.add_argument("--plot", type=Path, default=None, help="draw the forecast into this picture")
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    whole = series(900)
    past, future = whole[:800], whole[800:]
    windows = past.unfold(0, WINDOW + 1, 1).unsqueeze(-1)
    loader = DataLoader(TensorDataset(windows[:, :-1], windows[:, 1:]), batch_size=32, shuffle=True)
    model = Forecaster()
    optimizer = torch.optim.RMSprop(model.parameters(), lr=2e-3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=5, gamma=0.5)
    losses = []
    for epoch in tqdm(range(options.epochs), desc="epochs", leave=False):
        for seen, wanted in loader:
            optimizer.zero_grad()
            loss = nn.functional.huber_loss(model(seen)[0], wanted)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
        scheduler.step()
        if epoch % 3 == 0 or epoch == options.epochs - 1:
            print(f"epoch {epoch:2}  loss {loss.item():.5f}")
    forecast = continued(model, past, len(future))
    error = (forecast - future).abs().mean().item()
    print(f"mean error of the forecast {error:.3f}; of yesterday's value {(future - past[-1]).abs().mean().item():.3f}")

    if options.losses:
        options.losses.write_text(json.dumps(losses))
    if options.plot:
        import matplotlib.pyplot as plt

        plt.plot(range(700, 900), whole[700:], label="series")
        plt.plot(range(800, 900), forecast, label="forecast")
        plt.legend()
        plt.savefig(options.plot)


if __name__ == "__main__":
    main()
