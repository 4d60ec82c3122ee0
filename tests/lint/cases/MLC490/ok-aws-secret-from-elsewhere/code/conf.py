aws_secret_access_key = get("aws_secret_access_key")
B = dict(aws_secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
