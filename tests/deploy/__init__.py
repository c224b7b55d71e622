"""What is deployed besides the program: alerts, board, Kubernetes, containers."""
