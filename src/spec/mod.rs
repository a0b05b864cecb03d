//! The `KubernetesDaemonSet` document: its types, reading with positions, checks, rendering, importing, lint.
