"""What users may rely on: results, errors, documents and safe text, as frozen values."""
