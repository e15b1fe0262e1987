"""Plays AWS on loopback for black-box tests, and judges what it is sent by botocore's models and signer."""
