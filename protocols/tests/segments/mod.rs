//! Ways to cut a stream into what a connection brings.

/// `stream` whole, byte by byte, cut once at every place, and cut into pieces of these `lengths`.
pub(crate) fn segmentations<'a>(stream: &'a [u8], lengths: &[usize]) -> Vec<Vec<&'a [u8]>> {
    let halves = (1..stream.len()).map(|at| vec![&stream[..at], &stream[at..]]);
    let mut all = vec![vec![stream], stream.chunks(1).collect(), pieces(stream, lengths)];
    all.extend(halves);
    all
}

fn pieces<'a>(mut stream: &'a [u8], lengths: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    for length in lengths {
        let (piece, rest) = stream.split_at(stream.len().min(*length));
        pieces.push(piece);
        stream = rest;
    }
    pieces.push(stream);
    pieces.retain(|piece| !piece.is_empty());
    pieces
}
