//! Natural numbers of any size, for quantities with more digits than a machine word holds.

/// A natural number of any size, for amounts with more digits than a machine word holds.
pub(super) struct Natural(Vec<u32>);

impl Natural {
    pub(super) fn parse(whole: &str, fraction: &str) -> Self {
        let mut number = Natural(Vec::new());
        for digit in whole.bytes().chain(fraction.bytes()) {
            number.multiply(10);
            number.add(u32::from(digit - b'0'));
        }
        number
    }

    pub(super) fn is_zero(&self) -> bool {
        self.0.iter().all(|limb| *limb == 0)
    }

    pub(super) fn multiply(&mut self, by: u32) {
        let mut carry = 0u64;
        for limb in &mut self.0 {
            let product = u64::from(*limb) * u64::from(by) + carry;
            *limb = product as u32;
            carry = product >> 32;
        }
        if carry != 0 {
            self.0.push(carry as u32);
        }
    }

    fn add(&mut self, what: u32) {
        let mut carry = u64::from(what);
        for limb in &mut self.0 {
            if carry == 0 {
                return;
            }
            let sum = u64::from(*limb) + carry;
            *limb = sum as u32;
            carry = sum >> 32;
        }
        if carry != 0 {
            self.0.push(carry as u32);
        }
    }

    pub(super) fn increment(&mut self) {
        self.add(1);
    }

    pub(super) fn divide_by_ten(&mut self) -> u32 {
        let mut rest = 0u64;
        for limb in self.0.iter_mut().rev() {
            let value = (rest << 32) | u64::from(*limb);
            *limb = (value / 10) as u32;
            rest = value % 10;
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        rest as u32
    }

    pub(super) fn to_i128(&self) -> Option<i128> {
        let mut value = 0i128;
        for limb in self.0.iter().rev() {
            value = value.checked_mul(1 << 32)?.checked_add(i128::from(*limb))?;
        }
        Some(value)
    }
}
