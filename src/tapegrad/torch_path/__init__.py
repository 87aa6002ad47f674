"""The folder that `tapegrad run` puts on the path of the programs it starts: it holds a package named `torch`."""
