//! Values that are no maps and lists: numbers, text, words, quantities, percentages and ports.

use crate::manifest::fields::Rule;
use crate::manifest::read::{Dialect, Reader};
use crate::manifest::template::rendering_hint;
use crate::manifest::text::{self, shorten};
use crate::model::Quantity;
use crate::yaml::{Node, Value};

impl Reader<'_> {
    pub(super) fn int(&mut self, node: &mut Node, low: i64, high: i64, name: &str, secret: bool) {
        if let (Dialect::Spec, Some(digits)) = (self.dialect, node.text())
            && let Ok(n) = digits.parse::<i64>()
        {
            node.value = Value::Number(n.into());
        }
        match &node.value {
            Value::Number(n) => {
                if n.as_i64().is_none_or(|n| n < low || n > high) {
                    let found = if secret { String::new() } else { format!(", not {n}") };
                    let (at, message) = (node.at, format!("{name} must be {}{found}", range(low, high)));
                    self.error(at, message, secret);
                }
            }
            _ => self.mistyped(node, "a whole number", name, secret),
        }
    }

    pub(super) fn text(&mut self, node: &Node, rule: Rule, name: &str, secret: bool) {
        let Some(value) = node.text() else {
            return self.mistyped(node, "text", name, secret);
        };
        if let Some(demand) = text::broken(rule, value) {
            let hint = rendering_hint(value).map(str::to_owned);
            self.error(node.at, format!("{name} must {demand}"), secret).hint = hint;
        }
    }

    pub(super) fn word(&mut self, node: &Node, words: &[&'static str], name: &str, secret: bool) {
        let Some(value) = node.text() else {
            return self.mistyped(node, &one_of(words), name, secret);
        };
        if !words.contains(&value) {
            let near = text::nearest(value, words.iter().copied());
            let found = if secret { "this text".to_owned() } else { format!("`{}`", shorten(value)) };
            let message = format!("{name} must be {}, not {found}", one_of(words));
            self.error(node.at, message, secret).hint = near.map(|near| format!("did you mean `{near}`?"));
        }
    }

    pub(super) fn quantity(&mut self, node: &Node, name: &str, secret: bool) {
        let written = match &node.value {
            Value::Text(text) => text.clone(),
            Value::Number(n) => n.to_string(),
            _ => return self.mistyped(node, "a quantity such as 100m or 64Mi", name, secret),
        };
        let message = match Quantity::parse(&written) {
            Err(_) if secret => format!("{name} is not a quantity"),
            Err(_) => format!("{name} is not a quantity: `{}`", shorten(&written)),
            Ok(value) if value < Quantity::ZERO => format!("{name} must not be negative"),
            Ok(_) => return,
        };
        self.error(node.at, message, secret).hint =
            Some("write a number, with or without a unit: 100m, 0.5, 64Mi, 1Gi".into());
    }

    pub(super) fn bound(&mut self, node: &mut Node, name: &str, secret: bool) {
        if let (Dialect::Spec, Some(digits)) = (self.dialect, node.text())
            && let Ok(n) = digits.parse::<u32>()
        {
            node.value = Value::Number(n.into());
        }
        let fine = match &node.value {
            Value::Number(n) => n.as_i64().is_some_and(|n| (0..=i64::from(i32::MAX)).contains(&n)),
            Value::Text(text) => text.strip_suffix('%').is_some_and(|d| {
                !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()) && d.parse::<u32>().is_ok_and(|n| n <= 100)
            }),
            _ => return self.mistyped(node, "a number or a percentage", name, secret),
        };
        if !fine {
            let quoted_number = node.text().is_some_and(|t| t.parse::<u32>().is_ok());
            let message = format!("{name} must be a whole number, or a percentage from 0% to 100%");
            self.error(node.at, message, secret).hint =
                quoted_number.then(|| "write the number without quotes; only a percentage is text".into());
        }
    }

    pub(super) fn port(&mut self, node: &Node, name: &str, secret: bool) {
        let fine = match &node.value {
            Value::Number(n) => n.as_i64().is_some_and(|n| (1..=65535).contains(&n)),
            Value::Text(port) => !port.is_empty() && text::broken(Rule::PortName, port).is_none(),
            _ => return self.mistyped(node, "a port number or name", name, secret),
        };
        if !fine {
            self.error(node.at, format!("{name} must be a port from 1 to 65535, or the name of one"), secret);
        }
    }
}

fn one_of(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().filter(|w| !w.is_empty()).map(|w| format!("`{w}`")).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn range(low: i64, high: i64) -> String {
    match (low, high) {
        (i64::MIN, _) => "a whole number".to_owned(),
        (low, i64::MAX) => format!("a whole number of at least {low}"),
        (low, high) => format!("a whole number from {low} to {high}"),
    }
}
