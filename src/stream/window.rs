//! The part of a stream that is in memory: text, checked to be UTF-8, with its place in the file.

use std::io::{Empty, Read};

use crate::stream::fault::Fault;

/// How much is read at a time.
pub(crate) const WINDOW: usize = 1 << 20;
/// The largest object (or YAML line) that is read. An API server stores none above a few MiB.
pub(crate) const LARGEST: usize = 64 << 20;

/// A buffer that slides over a stream. It grows only while one object does not fit in it.
pub(crate) struct Window<R> {
    reader: R,
    buffer: Vec<u8>,
    /// Where the unread part starts, where it ends, and how far that is known to be UTF-8.
    start: usize,
    end: usize,
    checked: usize,
    /// No byte follows `end`.
    over: bool,
    /// Somebody pushes the text, as it arrives; nothing is read.
    is_pushed: bool,
    /// What ends the stream, told once all before it was taken.
    fault: Option<Fault>,
    /// Newlines before `start`.
    lines: u64,
    /// Bytes between the last of them and `start`.
    column: u64,
}

impl Window<Empty> {
    /// A text that is in memory already, which starts on this line of its file.
    pub(crate) fn whole(text: Vec<u8>, line: u64) -> Self {
        let (end, lines) = (text.len(), line.saturating_sub(1));
        let mut window = Window { buffer: text, end, over: true, lines, ..Window::with(Vec::new(), std::io::empty()) };
        window.check_text();
        window
    }

    /// An empty one, into which text is pushed as it arrives.
    pub(crate) fn pushed() -> Self {
        Window { is_pushed: true, ..Window::with(Vec::new(), std::io::empty()) }
    }

    /// Adds text that has arrived.
    ///
    /// # Errors
    /// [`LARGEST`] bytes hold no whole object.
    pub(crate) fn push(&mut self, text: &[u8]) -> Result<(), Fault> {
        self.checked = self.checked.saturating_sub(self.start);
        self.buffer.drain(..self.start);
        self.end -= self.start;
        self.start = 0;
        self.buffer.truncate(self.end);
        if self.end + text.len() > LARGEST {
            return Err(too_large());
        }
        self.buffer.extend_from_slice(text);
        self.end = self.buffer.len();
        self.check_text();
        Ok(())
    }

    /// Nothing more will be pushed.
    pub(crate) fn end(&mut self) {
        self.over = true;
        self.check_text();
    }
}

/// An object that nobody stores.
fn too_large() -> Fault {
    Fault::new(format!("an object larger than {} MiB", LARGEST >> 20))
}

impl<R: Read> Window<R> {
    fn with(buffer: Vec<u8>, reader: R) -> Self {
        let (start, end, checked, lines, column) = (0, 0, 0, 0, 0);
        Window { reader, buffer, start, end, checked, over: false, is_pushed: false, fault: None, lines, column }
    }

    /// Slides over what `reader` gives.
    pub(crate) fn new(reader: R) -> Self {
        Window::with(vec![0; WINDOW], reader)
    }

    /// The text that was read and not yet consumed.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Leaves the first `count` bytes behind.
    pub(crate) fn consume(&mut self, count: usize) {
        let gone = &self.buffer[self.start..self.start + count];
        match memchr::memrchr(b'\n', gone) {
            Some(last) => {
                self.lines += memchr::memchr_iter(b'\n', gone).count() as u64;
                self.column = (count - last - 1) as u64;
            }
            None => self.column += count as u64,
        }
        self.start += count;
    }

    /// Line and column, from 1, of the byte at `offset` of [`Window::bytes`].
    pub(crate) fn position(&self, offset: usize) -> (u64, u64) {
        let before = &self.bytes()[..offset.min(self.end - self.start)];
        match memchr::memrchr(b'\n', before) {
            Some(last) => {
                let lines = memchr::memchr_iter(b'\n', before).count() as u64;
                (self.lines + lines + 1, (before.len() - last) as u64)
            }
            None => (self.lines + 1, self.column + before.len() as u64 + 1),
        }
    }

    /// Reads more behind what is there; false at the end of the stream.
    ///
    /// # Errors
    /// The stream cannot be read further, is no UTF-8, or [`LARGEST`] bytes were not enough.
    pub(crate) fn fill(&mut self) -> Result<bool, Fault> {
        if let Some(fault) = self.fault.take() {
            self.over = true;
            return Err(fault);
        }
        if self.over {
            return Ok(false);
        }
        if self.is_pushed {
            return Err(Fault::awaiting());
        }
        self.make_room()?;
        let before = self.end;
        while self.end < self.buffer.len() {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => {
                    self.over = true;
                    break;
                }
                Ok(count) => self.end += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.fault = Some(Fault::io(&error));
                    break;
                }
            }
        }
        self.check_text();
        if self.end <= before && self.fault.is_some() {
            return self.fill();
        }
        Ok(self.end > before)
    }

    fn make_room(&mut self) -> Result<(), Fault> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.checked = self.checked.saturating_sub(self.start);
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            if self.end >= LARGEST {
                return Err(too_large().at(self.position(0)));
            }
            self.buffer.resize((self.end * 2).min(LARGEST), 0);
        } else if self.buffer.len() > WINDOW && self.end < WINDOW / 2 {
            self.buffer.truncate(WINDOW);
            self.buffer.shrink_to(WINDOW);
        }
        Ok(())
    }

    /// Checks what was read. A character that the end of the buffer cuts is checked in the next round.
    fn check_text(&mut self) {
        let from = self.checked.max(self.start);
        let Err(error) = std::str::from_utf8(&self.buffer[from..self.end]) else {
            self.checked = self.end;
            return;
        };
        self.checked = from + error.valid_up_to();
        if error.error_len().is_none() && !self.over && self.fault.is_none() {
            return;
        }
        let position = self.position(self.checked - self.start);
        self.end = self.checked;
        self.fault.get_or_insert(Fault::new("the text is not UTF-8").at(position));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its text in pieces of one size, as a pipe does.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let count = self.1.min(self.0.len()).min(into.len());
            into[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    #[test]
    fn text_passes_whole_whatever_the_pieces() {
        let text = "a日本語\n".repeat(WINDOW / 5);
        for piece in [1 << 10, 4093, WINDOW + 1] {
            let mut window = Window::new(Pieces(text.as_bytes(), piece));
            let mut seen = Vec::new();
            while window.fill().unwrap() {
                // A character that is cut stays for the next round, as an object would.
                let whole = window.bytes().len().saturating_sub(4);
                seen.extend_from_slice(&window.bytes()[..whole]);
                window.consume(whole);
            }
            seen.extend_from_slice(window.bytes());
            assert!(seen == text.as_bytes(), "pieces of {piece}");
        }
    }

    #[test]
    fn positions_count_from_the_start_of_the_file() {
        let mut window = Window::new(Pieces(b"one\ntwo\nthree", 5));
        window.fill().unwrap();
        assert_eq!(window.position(0), (1, 1));
        assert_eq!(window.position(5), (2, 2));
        window.consume(5);
        assert_eq!(window.position(0), (2, 2));
        window.consume(1);
        assert_eq!(window.position(2), (3, 1));
        assert_eq!(window.position(4), (3, 3));
    }

    #[test]
    fn what_is_not_utf8_is_told_where_it_stands_after_all_before_it() {
        for (bytes, position) in
            [(&b"ab\nc\xffd"[..], (2, 2)), (b"\xe2\x82", (1, 1)), (b"ok\xe2\x82", (1, 3)), (b"\xe2\x82a", (1, 1))]
        {
            let mut window = Window::new(bytes);
            let mut rounds = 0;
            let fault = loop {
                match window.fill() {
                    Ok(_) => rounds += 1,
                    Err(fault) => break fault,
                }
                assert!(rounds < 3, "no fault for {bytes:?}");
            };
            assert_eq!(fault.position, Some(position), "{bytes:?}");
        }
    }

    #[test]
    fn one_object_may_not_take_all_memory() {
        let mut window = Window::new(std::io::repeat(b' '));
        let fault = loop {
            if let Err(fault) = window.fill() {
                break fault;
            }
        };
        assert_eq!(window.bytes().len(), LARGEST);
        assert_eq!(fault.what, "an object larger than 64 MiB");
    }
}
