"""Making the encoder: pre-training, training, export. Needs the extra `train`; nothing here is served."""
