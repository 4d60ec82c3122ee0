URL = "https://acme.blob.core.windows.net/c/f?sv=2022-11-02&sp=rl&sig=iK4ZWeqhFWCEPyYngFb7%2B54dffx3kVZQ4tqMnMcLRkB%3D"
