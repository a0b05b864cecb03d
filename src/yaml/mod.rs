//! Documents with positions; kubectl's scalars, read and written.
