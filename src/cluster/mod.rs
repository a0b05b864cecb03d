//! Everything that talks: snapshots, kubeconfig, client, lists. Gives facts, takes objects; never prints.
