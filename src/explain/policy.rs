//! Words why expectations, ignore rules and annotations cannot be read.

use crate::findings::policy::{AnnotationError, EXPECT_ANNOTATION, IGNORE_ANNOTATION, PolicyError};

/// Words why an expectation or an ignore rule cannot be read.
pub fn error(error: &PolicyError) -> String {
    match error {
        PolicyError::Code(code) => format!("unknown code `{code}` (a code looks like DS104)"),
        PolicyError::Selector(why) => why.clone(),
    }
}

/// Words why an annotation has no effect.
pub fn annotation(wrong: &AnnotationError) -> String {
    match wrong {
        AnnotationError::Value { annotation, error: why } => format!("annotation {annotation}: {}", error(why)),
        AnnotationError::Unknown(key) => {
            format!("unknown annotation {key}; known annotations are {EXPECT_ANNOTATION} and {IGNORE_ANNOTATION}")
        }
    }
}

/// Words that the annotation with accepted findings has no effect.
pub fn no_exemptions() -> String {
    format!("annotation {IGNORE_ANNOTATION} is ignored (--no-exemptions)")
}
