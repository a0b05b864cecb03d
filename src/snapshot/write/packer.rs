//! Compression on a core of its own: whoever writes text waits only where the compression is far behind.

use std::io::{Error, Result, Write};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::{JoinHandle, spawn};

use flate2::Compression;
use flate2::write::GzEncoder;

/// How much text is handed over at a time, in bytes.
const BLOCK: usize = 256 << 10;
/// How many such blocks may wait.
const WAITING: usize = 4;

/// Compresses what is written to it, with gzip, into `out`.
pub(crate) struct Packer<W> {
    out: W,
    block: Vec<u8>,
    /// Takes blocks; gone at the end.
    texts: Option<SyncSender<Vec<u8>>>,
    packed: Receiver<Vec<u8>>,
    worker: Option<JoinHandle<Result<()>>>,
}

impl<W: Write> Packer<W> {
    /// Begins.
    pub(crate) fn new(out: W, level: Compression) -> Self {
        let (texts, blocks) = sync_channel::<Vec<u8>>(WAITING);
        let (done, packed) = channel();
        let worker = spawn(move || {
            let mut encoder = GzEncoder::new(Vec::new(), level);
            for block in blocks {
                encoder.write_all(&block)?;
                // Whoever reads is gone where the output cannot be written.
                drop(done.send(std::mem::take(encoder.get_mut())));
            }
            drop(done.send(encoder.finish()?));
            Ok(())
        });
        Packer { out, block: Vec::with_capacity(BLOCK), texts: Some(texts), packed, worker: Some(worker) }
    }

    /// Ends the compression and gives the output back.
    ///
    /// # Errors
    /// The output cannot be written.
    pub(crate) fn finish(mut self) -> Result<W> {
        self.hand_over()?;
        self.texts = None;
        for packed in self.packed.iter() {
            self.out.write_all(&packed)?;
        }
        match self.worker.take().map(JoinHandle::join) {
            Some(Ok(outcome)) => outcome.map(|()| self.out),
            _ => Err(Error::other("the compression ended early")),
        }
    }

    fn hand_over(&mut self) -> Result<()> {
        let block = std::mem::replace(&mut self.block, Vec::with_capacity(BLOCK));
        let sent = self.texts.as_ref().is_some_and(|texts| texts.send(block).is_ok());
        if !sent {
            return Err(Error::other("the compression ended early"));
        }
        for packed in self.packed.try_iter() {
            self.out.write_all(&packed)?;
        }
        Ok(())
    }
}

impl<W: Write> Write for Packer<W> {
    fn write(&mut self, text: &[u8]) -> Result<usize> {
        self.block.extend_from_slice(text);
        if self.block.len() >= BLOCK {
            self.hand_over()?;
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn what_is_packed_is_what_was_written() {
        for size in [0, 1, BLOCK, 3 * BLOCK + 17] {
            let text: Vec<u8> = (0..size).map(|place| (place % 251) as u8).collect();
            let mut packer = Packer::new(Vec::new(), Compression::fast());
            text.chunks(1000).for_each(|part| packer.write_all(part).unwrap());
            let packed = packer.finish().unwrap();
            let mut unpacked = Vec::new();
            GzDecoder::new(&packed[..]).read_to_end(&mut unpacked).unwrap();
            assert!(unpacked == text, "{size} bytes");
        }
    }

    /// A disk that is full.
    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_output_that_cannot_be_written_is_told() {
        let mut packer = Packer::new(Full, Compression::fast());
        let written = packer.write_all(&vec![7; 2 * BLOCK]);
        let ended = written.and_then(|()| packer.finish().map(drop));
        assert_eq!(ended.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    }
}
