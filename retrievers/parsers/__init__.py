"""One small file a family of formats, run in a child process with limits (`retrievers.parsers.worker`)."""
