"""From a request to a stream of audio: what will be done is settled in `plan`, and done in `speak`."""
