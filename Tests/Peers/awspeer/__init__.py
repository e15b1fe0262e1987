"""A fake AWS on loopback for black-box tests. It validates requests with botocore's models and signer."""
