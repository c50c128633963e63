//! The two arrays that JavaScript and Rust share, and how parameters are read from them and rows written to them.

use super::raw::{self, Js};
use crate::engine::packed::{Chunk, ParamChunk, CHUNK_SLOTS};
use crate::plan::{Param, Wire};
use napi::sys;
use std::ptr;
use std::sync::OnceLock;
use std::time::Instant;

/// The beginning of the data in both arrays; before it are the numbers that every call has, see
/// `Head`.
pub const DATA: usize = 64;
/// Elements of each array.
pub const LENGTH: usize = DATA + CHUNK_SLOTS;

/// The places of the numbers that every call has, in the array of integers.
#[repr(usize)]
#[derive(Clone, Copy)]
pub enum Head {
    /// In and out: the number of the call.
    Ticket = 0,
    /// In: the plan.
    Plan = 1,
    /// In: the session.
    Session = 2,
    /// In: rows of parameters. Out: rows of the chunk.
    Rows = 3,
    /// In: whether more parameters follow in another crossing. Out: chunks that are still to come.
    More = 4,
    /// Out: 0, or 1 for an error.
    Failed = 5,
    /// Out: characters of the wide string.
    Wide = 6,
    /// Out: bytes.
    Bytes = 7,
    /// Out: the node that the chunk belongs to.
    Node = 8,
    /// Out: keys generated.
    Keys = 9,
    /// Out: whether the columns come with the result, as those of raw SQL do.
    Columns = 10,
    /// In: whether somebody watches the call's statements. Out: how many of its statements are
    /// reported.
    Watched = 11,
    /// In: the stream that a call opens; 0: none.
    Stream = 12,
    /// In: the rows that a stream gives at once.
    Batch = 13,
    /// Out: whether a stream has more to give.
    Open = 14,
    /// Out: how many rows were left out.
    Skipped = 15,
}

/// The shared arrays.
pub struct Arrays {
    ints: *mut i32,
    floats: *mut f64,
    references: [sys::napi_ref; 2],
}

/// The parameters that do not fit into the arrays.
pub struct Loose {
    /// The text of all parameters as one string; lengths are in its UTF-16 units.
    pub text: Js,
    /// Their bytes, one after the other.
    pub bytes: Js,
}

/// A parameter that is not text at all: half of a surrogate pair.
pub struct LoneSurrogate {
    /// Which parameter, counted over all rows.
    pub at: usize,
}

impl Arrays {
    /// Takes an Int32Array and a Float64Array of `LENGTH` elements each, and keeps them alive.
    pub fn new(env: sys::napi_env, ints: Js, floats: Js) -> Option<Self> {
        let (i, i_length) = raw::memory(env, ints)?;
        let (f, f_length) = raw::memory(env, floats)?;
        if i_length < LENGTH || f_length < LENGTH {
            return None;
        }
        let references = [ints, floats].map(|value| {
            let mut reference = ptr::null_mut();
            // SAFETY: the values are live.
            unsafe { sys::napi_create_reference(env, value, 1, &mut reference) };
            reference
        });
        Some(Arrays { ints: i.cast(), floats: f.cast(), references })
    }

    /// Lets the arrays go; they must not be used any more.
    pub fn release(&mut self, env: sys::napi_env) {
        for reference in std::mem::replace(&mut self.references, [ptr::null_mut(); 2]) {
            if !reference.is_null() {
                // SAFETY: made by `new`, deleted once.
                unsafe { sys::napi_delete_reference(env, reference) };
            }
        }
    }

    /// A number that every call has.
    #[inline]
    pub fn get(&self, at: Head) -> i32 {
        // SAFETY: the array is longer than any place.
        unsafe { *self.ints.add(at as usize) }
    }

    /// Sets a number that every call has.
    #[inline]
    pub fn set(&self, at: Head, n: i32) {
        // SAFETY: the array is longer than any place, and only the thread of JavaScript writes to it.
        unsafe { *self.ints.add(at as usize) = n }
    }

    /// Sets a double that an answer has: 0: rows changed, 1: the key of the last row; 2 and 3: see `set_times`.
    #[inline]
    pub fn set_float(&self, at: usize, n: f64) {
        debug_assert!(at < DATA);
        // SAFETY: callers pass 0 to 3, the array is longer, and only the thread of JavaScript writes to it.
        unsafe { *self.floats.add(at) = n }
    }

    /// Sets when a read on this thread began and ended, in milliseconds of one clock for all handles.
    #[inline]
    pub fn set_times(&self, began: Instant, ended: Instant) {
        static FIRST: OnceLock<Instant> = OnceLock::new();
        let first = *FIRST.get_or_init(|| began);
        self.set_float(2, began.duration_since(first).as_secs_f64() * 1000.0);
        self.set_float(3, ended.duration_since(first).as_secs_f64() * 1000.0);
    }

    /// Copies the parameters of the rows of a call.
    pub fn params(&self, env: sys::napi_env, params: &[Param], loose: Loose) -> Result<ParamChunk, LoneSurrogate> {
        let rows = self.get(Head::Rows) as usize;
        let slots = (params.len() * rows).min(CHUNK_SLOTS);
        // SAFETY: both arrays have DATA + CHUNK_SLOTS elements.
        let (mut ints, floats) = unsafe {
            (
                std::slice::from_raw_parts(self.ints.add(DATA), slots).to_vec(),
                std::slice::from_raw_parts(self.floats.add(DATA), slots).to_vec(),
            )
        };
        let is_text: Vec<bool> = params.iter().map(|p| matches!(p.wire, Wire::Text | Wire::Json)).collect();
        let mut units = 0;
        for row in ints.chunks_exact(params.len().max(1)) {
            for (length, is_text) in row.iter().zip(&is_text) {
                if *is_text && *length > 0 {
                    units += *length as usize;
                }
            }
        }
        let text = if units == 0 { Vec::new() } else { read_text(env, loose.text, units, &mut ints, &is_text)? };
        let bytes = match raw::memory(env, loose.bytes) {
            // SAFETY: the memory of a live array; `length` is in bytes, since it is a Uint8Array.
            Some((data, length)) if length > 0 => unsafe {
                std::slice::from_raw_parts(data.cast::<u8>(), length).to_vec()
            },
            _ => Vec::new(),
        };
        Ok(ParamChunk { rows, ints, floats, text, bytes })
    }

    /// Writes a chunk into the arrays; gives its narrow string.
    pub fn write(&self, env: sys::napi_env, chunk: &Chunk) -> Js {
        self.set(Head::Rows, chunk.rows as i32);
        self.set(Head::Wide, chunk.wide.len() as i32);
        self.set(Head::Bytes, chunk.bytes.len() as i32);
        self.set(Head::Node, chunk.node as i32);
        let ints = chunk.ints.len().min(CHUNK_SLOTS);
        let floats = chunk.floats.len().min(CHUNK_SLOTS);
        // SAFETY: no more is copied than either side has.
        unsafe {
            ptr::copy_nonoverlapping(chunk.ints.as_ptr(), self.ints.add(DATA), ints);
            ptr::copy_nonoverlapping(chunk.floats.as_ptr(), self.floats.add(DATA), floats);
        }
        raw::latin1(env, &chunk.narrow)
    }
}

/// Reads the text of all parameters as UTF-8, and turns their lengths into bytes where they differ.
fn read_text(
    env: sys::napi_env,
    text: Js,
    units: usize,
    ints: &mut [i32],
    is_text: &[bool],
) -> Result<Vec<u8>, LoneSurrogate> {
    let mut bytes: Vec<u8> = Vec::with_capacity(units + 4);
    let mut read = 0;
    // SAFETY: the buffer has the capacity that is passed, and the length is set to what was written. A string of ASCII
    // fills it exactly; of any other, one byte more than its units shows up.
    unsafe {
        sys::napi_get_value_string_utf8(env, text, bytes.as_mut_ptr().cast(), units + 4, &mut read);
        bytes.set_len(read);
    }
    if read == units && bytes.is_ascii() {
        return Ok(bytes);
    }
    let mut wide: Vec<u16> = Vec::with_capacity(units + 1);
    // SAFETY: the buffer has the capacity that is passed, which is in units of 16 bits as its elements are, and the length is
    // set to what was written.
    unsafe {
        sys::napi_get_value_string_utf16(env, text, wide.as_mut_ptr(), units + 1, &mut read);
        wide.set_len(read);
    }
    bytes.clear();
    let mut at = 0;
    for (slot, length) in ints.iter_mut().enumerate() {
        if !is_text[slot % is_text.len()] || *length <= 0 {
            continue;
        }
        let start = bytes.len();
        let end = (at + *length as usize).min(wide.len());
        for character in char::decode_utf16(wide[at..end].iter().copied()) {
            let Ok(character) = character else { return Err(LoneSurrogate { at: slot }) };
            bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        at = end;
        *length = (bytes.len() - start) as i32;
    }
    Ok(bytes)
}
