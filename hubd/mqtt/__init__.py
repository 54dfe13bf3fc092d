"""What MQTT wants from a client, apart from the library that speaks it."""
