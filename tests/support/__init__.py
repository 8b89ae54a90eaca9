"""What tests need from outside the product: servers, databases, browsers."""
