//! How much a saved cluster may ask for, whoever made it.

use std::cell::Cell;
use std::io::{self, Read};

use crate::model::Quantity;

/// How much is read of the saved clusters of one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes, unpacked. What stands in several layers of compression counts once for each.
    pub bytes: u64,
    /// Objects, those of kinds that are ignored included.
    pub objects: u64,
    /// How many times the size of a file its content may have.
    pub ratio: u64,
}

/// The least text for each object by which [`Limits::objects`] follows from the bytes.
const BYTES_PER_OBJECT: u64 = 2 << 10;

impl Default for Limits {
    /// 8 GiB, 4 million objects, 500 times the size of the file. The largest clusters that Kubernetes is tested with (5,000
    /// nodes, 150,000 pods) have 2 GiB of JSON, which gzip packs to a twentieth or thirtieth.
    fn default() -> Self {
        Limits { ratio: 500, ..Limits::of_bytes(8 << 30) }
    }
}

impl Limits {
    /// The limits if a user says how many bytes a saved cluster has: the packing is not a sign of a bomb then.
    pub fn of_bytes(bytes: u64) -> Self {
        Limits { bytes, objects: bytes / BYTES_PER_OBJECT, ratio: u64::MAX }
    }
}

/// Which limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exceeded {
    Bytes(u64),
    Objects(u64),
    Ratio(u64),
}

impl Exceeded {
    /// What is wrong, in a few words.
    pub(crate) fn sentence(self) -> String {
        match self {
            Exceeded::Bytes(limit) if limit.is_multiple_of(1 << 30) => {
                format!("the saved cluster unpacks to more than {} GiB", limit >> 30)
            }
            Exceeded::Bytes(limit) => format!("the saved cluster unpacks to more than {limit} bytes"),
            Exceeded::Objects(limit) => format!("the saved cluster holds more than {limit} objects"),
            Exceeded::Ratio(limit) => format!("the file unpacks to more than {limit} times its size"),
        }
    }
}

/// What was read so far, against the limits. Readers that wrap each other count in it.
#[derive(Debug)]
pub(crate) struct Budget {
    limits: Limits,
    unpacked: Cell<u64>,
    objects: Cell<u64>,
    /// Bytes of the file itself, and what they became.
    of_file: Cell<(u64, u64)>,
    exceeded: Cell<Option<Exceeded>>,
    /// A file is read again: it was counted in the first reading.
    again: Cell<bool>,
}

/// What every file may become whatever its ratio: empty files pack well.
const ALWAYS_UNPACKED: u64 = 64 << 20;

impl Budget {
    pub(crate) fn new(limits: Limits) -> Self {
        let (unpacked, objects, of_file) = (Cell::new(0), Cell::new(0), Cell::new((0, 0)));
        Budget { limits, unpacked, objects, of_file, exceeded: Cell::new(None), again: Cell::new(false) }
    }

    /// Another file begins, or the same one a second time.
    pub(crate) fn start_file(&self, again: bool) {
        self.of_file.set((0, 0));
        self.again.set(again);
    }

    /// The limit that ended the reading.
    pub(crate) fn exceeded(&self) -> Option<Exceeded> {
        self.exceeded.get()
    }

    /// Whether one more object may be read.
    ///
    /// # Errors
    /// The limit is reached.
    pub(crate) fn check_objects(&self) -> Result<(), Exceeded> {
        match self.objects.get() < self.limits.objects || self.again.get() {
            true => Ok(()),
            false => self.exceed(Exceeded::Objects(self.limits.objects)),
        }
    }

    /// Counts an object that was read.
    pub(crate) fn add_object(&self) {
        self.objects.set(self.objects.get() + u64::from(!self.again.get()));
    }

    fn bytes(&self, count: u64, what: Counted) -> Result<(), Exceeded> {
        let (packed, unpacked) = self.of_file.get();
        match what {
            Counted::Packed => self.of_file.set((packed + count, unpacked)),
            Counted::Unpacked => {
                let unpacked = unpacked + count;
                self.of_file.set((packed, unpacked));
                if unpacked > ALWAYS_UNPACKED && unpacked / self.limits.ratio > packed {
                    return self.exceed(Exceeded::Ratio(self.limits.ratio));
                }
            }
        }
        if !self.again.get() {
            self.unpacked.set(self.unpacked.get() + count);
        }
        if self.unpacked.get() > self.limits.bytes { self.exceed(Exceeded::Bytes(self.limits.bytes)) } else { Ok(()) }
    }

    fn exceed(&self, what: Exceeded) -> Result<(), Exceeded> {
        self.exceeded.set(Some(what));
        Err(what)
    }
}

/// What a counting reader gives.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Counted {
    /// The file as it is.
    Packed,
    /// What a compression of it holds.
    Unpacked,
}

/// A reader that ends with an error where the budget does.
pub(crate) struct Counting<'b, R> {
    pub reader: R,
    pub budget: &'b Budget,
    pub what: Counted,
}

impl<R: Read> Read for Counting<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(into)?;
        self.budget.bytes(count as u64, self.what).map_err(|what| io::Error::other(what.sentence()))?;
        Ok(count)
    }
}

/// Parses the size that a user says: a quantity of Kubernetes, such as `64Gi`.
///
/// # Errors
/// What is wrong with it, as a fragment.
pub fn parse_limit(text: &str) -> Result<Limits, String> {
    let quantity = Quantity::parse(text).map_err(|error| error.to_string())?;
    match u64::try_from(quantity.value()) {
        Ok(bytes) if bytes >= BYTES_PER_OBJECT => Ok(Limits::of_bytes(bytes)),
        _ => Err(format!("at least {BYTES_PER_OBJECT} bytes")),
    }
}
