//! The version of a Kubernetes server or kubelet.

use std::fmt;

/// A version, such as 1.36.3. Rules differ by its minor number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Always 1 so far.
    pub major: u16,
    /// What rules differ by.
    pub minor: u16,
    /// What fixes differ by.
    pub patch: u16,
}

impl Version {
    /// The oldest version whose rules are known.
    pub const OLDEST: Version = Version { major: 1, minor: 33, patch: 0 };
    /// The newest release whose rules are known.
    pub const NEWEST: Version = Version { major: 1, minor: 37, patch: 0 };
    /// The next one, whose rules were read in its pre-release (v1.38.0-beta.0).
    const NEXT: Version = Version { major: 1, minor: 38, patch: 0 };

    /// Reads `v1.36.3`, `1.36`, `v1.36.3-eks-1234` or `v1.30+`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().strip_prefix('v').unwrap_or(text.trim());
        let mut parts = text.splitn(3, '.');
        let number = |part: Option<&str>| {
            let part = part?;
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            part[..digits].parse().ok()
        };
        Some(Version {
            major: number(parts.next())?,
            minor: number(parts.next())?,
            patch: number(parts.next()).unwrap_or(0),
        })
    }

    /// Whether the version is at least 1.`minor`.
    pub fn at_least(self, minor: u16) -> bool {
        (self.major, self.minor) >= (1, minor)
    }

    /// The nearest version whose rules are known.
    pub fn nearest_known(self) -> Version {
        if self < Self::OLDEST {
            Self::OLDEST
        } else if (self.major, self.minor) > (Self::NEXT.major, Self::NEXT.minor) {
            Self::NEXT
        } else {
            self
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_known_version() {
        for (text, expected) in
            [("v1.31.9", "v1.33.0"), ("v1.36.3", "v1.36.3"), ("v1.38.2", "v1.38.2"), ("v1.41.0", "v1.38.0")]
        {
            let version = Version::parse(text).expect(text);
            assert_eq!(version.nearest_known().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn versions_as_vendors_write_them() {
        for (text, expected) in [
            ("v1.36.3", Some((36, 3))),
            ("1.36", Some((36, 0))),
            ("v1.33.4-eks-99d6cc0", Some((33, 4))),
            ("v1.35+", Some((35, 0))),
            ("v1.34.2+k3s1", Some((34, 2))),
            ("latest", None),
            ("", None),
        ] {
            assert_eq!(Version::parse(text).map(|v| (v.minor, v.patch)), expected, "{text}");
        }
    }
}
