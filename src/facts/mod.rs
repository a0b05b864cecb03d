//! The domain's plain data, narrowed once from the JSON form of wire objects, impossible to hold wrong.
