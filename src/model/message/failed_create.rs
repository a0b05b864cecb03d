//! Why a pod was not created, as the controller's event FailedCreate says.

/// Returns the API server's words. The event has `Error creating: ` before them, and `(combined from similar events): `
/// before that where there were many.
pub fn refusal(message: &str) -> &str {
    message.split_once("Error creating: ").map_or(message, |(_, why)| why)
}

#[cfg(test)]
mod tests {
    use super::refusal;

    #[test]
    fn the_servers_words_are_found() {
        for (message, why) in [
            ("Error creating: exceeded quota", "exceeded quota"),
            ("(combined from similar events): Error creating: exceeded quota", "exceeded quota"),
            ("exceeded quota", "exceeded quota"),
        ] {
            assert_eq!(refusal(message), why);
        }
    }
}
