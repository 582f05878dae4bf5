"""The faces of the server. OpenAI's names stop here: routers translate, the pipeline decides."""
