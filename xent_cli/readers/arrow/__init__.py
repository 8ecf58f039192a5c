"""Arrow record batches: IPC files, streams and tables in memory."""
