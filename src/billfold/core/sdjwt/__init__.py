"""SD-JWT and SD-JWT VC: issue, parse, select, bind to a key, verify."""
