"""What the service promises, told as tests; one room per room of the code."""
