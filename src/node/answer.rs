//! The answer to a call as JavaScript reads it: a chunk of rows at a time through the shared arrays, and what goes with them.

use super::raw::{self, Js};
use super::wire::{Arrays, Head};
use crate::engine::packed::{Chunk, Outcome};
use crate::engine::watch::{Statement, Timing, Watch};
use crate::error::Error;
use crate::plan::{Form, Node, Plan, Wire};
use napi::sys;
use serde_json::{json, Value};

/// An answer that is being read.
#[derive(Default)]
pub struct Answer {
    outcome: Outcome,
    /// Chunks that were read.
    chunks: usize,
    error: Option<Box<Error>>,
    /// The statements that ran, where somebody watches.
    timings: Vec<Timing>,
}

/// Node takes a null value of a callback for undefined.
pub fn undefined() -> Js {
    std::ptr::null_mut()
}

impl Answer {
    /// Puts the numbers of an answer into the head.
    pub fn begin(result: Result<Outcome, Box<Error>>, watch: &Watch, arrays: &Arrays) -> Self {
        let (outcome, error) = match result {
            Ok(outcome) => (outcome, None),
            Err(error) => (Outcome::default(), Some(error)),
        };
        arrays.set(Head::Failed, i32::from(error.is_some()));
        arrays.set(Head::Keys, outcome.keys.len() as i32);
        arrays.set(Head::Columns, i32::from(!outcome.columns.is_empty()));
        arrays.set(Head::Open, i32::from(outcome.open));
        arrays.set(Head::Skipped, outcome.skipped.len() as i32);
        arrays.set_float(0, outcome.changes as f64);
        arrays.set_float(1, outcome.keys.last().copied().unwrap_or_default() as f64);
        let timings = watch.take();
        arrays.set(Head::Watched, timings.len() as i32);
        Answer { outcome, chunks: 0, error, timings }
    }

    /// chunk(): the next rows, in the arrays; their narrow string.
    pub fn chunk(&mut self, env: sys::napi_env, arrays: &Arrays) -> Js {
        let all = &self.outcome.chunks;
        let Some(chunk) = all.get(self.chunks) else {
            arrays.set(Head::Rows, 0);
            arrays.set(Head::More, 0);
            return raw::latin1(env, b"");
        };
        self.chunks += 1;
        arrays.set(Head::More, (all.len() - self.chunks) as i32);
        arrays.write(env, chunk)
    }

    fn current(&self) -> Option<&Chunk> {
        self.outcome.chunks.get(self.chunks.wrapping_sub(1))
    }

    /// wide(): the wide string of the rows in the arrays.
    pub fn wide(&self, env: sys::napi_env) -> Js {
        self.current().map_or(undefined(), |chunk| raw::utf16(env, &chunk.wide))
    }

    /// bytes(): the bytes of the rows in the arrays, a Uint8Array.
    pub fn bytes(&self, env: sys::napi_env) -> Js {
        let kind = sys::TypedarrayType::uint8_array;
        self.current().map_or(undefined(), |chunk| raw::typed_array(env, kind, &chunk.bytes))
    }

    /// keys(): the generated keys, a BigInt64Array.
    pub fn keys(&self, env: sys::napi_env) -> Js {
        raw::typed_array(env, sys::TypedarrayType::bigint64_array, &self.outcome.keys)
    }

    /// links(): how the rows of the node in the head belong to their parents: parents, then children, an Int32Array.
    pub fn links(&self, env: sys::napi_env, arrays: &Arrays) -> Js {
        let node = arrays.get(Head::Node) as usize;
        match self.outcome.links.get(node) {
            Some(links) => {
                let all = [links.parents.as_slice(), links.children.as_slice()].concat();
                raw::typed_array(env, sys::TypedarrayType::int32_array, &all)
            }
            None => undefined(),
        }
    }

    /// skipped(): the rows that were left out, as JSON: of each its node and its error.
    pub fn skipped(&self, env: sys::napi_env) -> Js {
        let skipped: Vec<Value> = self.outcome.skipped.iter().map(|row| json!([row.node, row.error])).collect();
        raw::string(env, &Value::from(skipped).to_string())
    }

    /// columns(): the columns of a raw statement, as JSON.
    pub fn columns(&self, env: sys::napi_env) -> Js {
        let columns = self.outcome.columns.iter();
        let columns: Vec<Value> = columns.map(|(name, wire)| json!({ "name": name, "wire": wire })).collect();
        raw::string(env, &Value::from(columns).to_string())
    }

    /// timings(): the statements that ran, as JSON: of each its node or its SQL, milliseconds, rows (null: it failed), and
    /// how many keys of its parents it was given.
    pub fn timings(&self, env: sys::napi_env) -> Js {
        let timings: Vec<Value> = self.timings.iter().map(timing).collect();
        raw::string(env, &Value::from(timings).to_string())
    }

    /// error(): the error, as JSON.
    pub fn error(&self, env: sys::napi_env) -> Js {
        self.error.as_ref().map_or(undefined(), |error| raw::string(env, &to_json(error)))
    }
}

/// An error as JSON.
pub fn to_json(error: &Error) -> String {
    serde_json::to_string(error).unwrap_or_default()
}

fn timing(timing: &Timing) -> Value {
    let milliseconds = timing.duration.as_secs_f64() * 1000.0;
    match &timing.statement {
        Statement::Node(node, keys) => json!([node, milliseconds, timing.rows, keys]),
        Statement::Control(sql) => json!([sql, milliseconds, timing.rows, 0]),
    }
}

/// The statements of a plan as JSON, for those who watch: of each its SQL, which parameters of the
/// plan it binds, and whether keys of its parents come before them; `private`: which parameters are
/// never shown.
pub fn statements(plan: &Plan) -> String {
    let node = |node: &Node| {
        let (from, to) = (node.params.start, node.params.end);
        json!({ "sql": node.sql, "from": from, "to": to, "linked": node.link.is_some() })
    };
    let nodes: Vec<Value> = plan.nodes.iter().map(node).collect();
    json!({ "nodes": nodes, "private": plan.private }).to_string()
}

/// A plan as JavaScript needs to know it.
pub fn describe(number: u32, plan: &Plan) -> String {
    let wires: Vec<Wire> = plan.params.iter().map(|p| p.wire).collect();
    let nodes: Vec<Value> = plan.nodes.iter().map(node).collect();
    json!({ "plan": number, "action": plan.action, "params": wires, "nodes": nodes }).to_string()
}

fn node(node: &Node) -> Value {
    let shown = node.outputs.iter().filter(|o| !o.hidden);
    let columns: Vec<Value> = shown
        .map(|o| match o.form {
            Form::Exact => json!({ "name": o.name, "wire": o.wire, "beside": true }),
            _ => json!({ "name": o.name, "wire": o.wire }),
        })
        .collect();
    let link = node.link.as_ref().map(|l| json!({ "parent": l.parent, "relation": l.relation, "gives": l.gives }));
    let of = node.outputs.iter().find_map(|o| o.origin.as_ref()).map(|o| json!({ "model": o.model, "table": o.table }));
    let key: Vec<&str> = node.key.iter().map(|at| node.outputs[*at].name.as_str()).collect();
    json!({ "columns": columns, "link": link, "of": of, "key": key })
}
