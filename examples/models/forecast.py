"""A forecast by an LSTM: two swings with noise, continued for sixty days from the sixty before.

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

SEEN = 60  # days
AHEAD = 60


class Forecaster(nn.Module):
    """What comes next, of shape (batch, AHEAD), after a series of shape (batch, time, 1)."""

    def __init__(self, width=32):
        super().__init__()
        self.lstm = nn.LSTM(1, width, num_layers=2, batch_first=True)
        self.head = nn.Linear(width, AHEAD)

    def forward(self, series):
        hidden, _ = self.lstm(series)
        return self.head(hidden[:, -1])


def series(days):
    """A season of 25 days on one of 40, with noise."""
    day = torch.arange(days, dtype=torch.float32)
    swings = torch.sin(2 * torch.pi * day / 25) + 0.5 * torch.cos(2 * torch.pi * day / 40)
    return swings + 0.05 * torch.randn(days)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--losses", type=Path, help="write the loss of every step into this JSON file")
    parser.add_argument("--plot", type=Path, default=None, help="draw the forecast into this picture")
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    whole = series(900)
    past, future = whole[:-AHEAD], whole[-AHEAD:]
    windows = past.unfold(0, SEEN + AHEAD, 1)
    loader = DataLoader(TensorDataset(windows[:, :SEEN, None], windows[:, SEEN:]), batch_size=32, shuffle=True)
    model = Forecaster()
    optimizer = torch.optim.RMSprop(model.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=5, gamma=0.5)
    losses = []
    for epoch in tqdm(range(options.epochs), desc="epochs", leave=False):
        for seen, wanted in loader:
            optimizer.zero_grad()
            loss = nn.functional.huber_loss(model(seen), wanted)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
        scheduler.step()
        if epoch % 3 == 0 or epoch == options.epochs - 1:
            print(f"epoch {epoch:2}  loss {loss.item():.5f}")
    with torch.no_grad():
        forecast = model(past[None, -SEEN:, None])[0]
    error = (forecast - future).abs().mean().item()
    print(f"mean error of the forecast {error:.3f}; of yesterday's value {(future - past[-1]).abs().mean().item():.3f}")

    if options.losses:
        options.losses.write_text(json.dumps(losses))
    if options.plot:
        import matplotlib.pyplot as plt

        plt.plot(range(-SEEN, AHEAD), whole[-SEEN - AHEAD :], label="series")
        plt.plot(range(AHEAD), forecast, label="forecast")
        plt.legend()
        plt.savefig(options.plot)


if __name__ == "__main__":
    main()
