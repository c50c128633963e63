//! An open database as JavaScript holds it: an object of functions. Calls are gathered and handed to the engine together;
//! answers come back together too, through one threadsafe function.

use super::raw::{self, Call, Js};
use super::wire::{Arrays, Head};
use crate::database::Database;
use crate::engine::packed::{Outcome, ParamChunk, Params};
use crate::engine::sqlite::Target;
use crate::engine::{Completion, Control, Run, Sink, Task, Work};
use crate::error::{Code, Error, Result};
use crate::plan::{Node, Plan, Wire};
use napi::sys;
use serde_json::{json, Value};
use std::collections::{HashMap, VecDeque};
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Answers on their way from the engine's threads to JavaScript.
#[derive(Default)]
pub struct Inbox {
    answers: Mutex<Vec<Completion>>,
    signalled: AtomicBool,
    wake: Mutex<Option<Wake>>,
}

struct Wake(sys::napi_threadsafe_function);

// SAFETY: made to be called from any thread.
unsafe impl Send for Wake {}

impl Inbox {
    fn take(&self) -> Vec<Completion> {
        self.signalled.store(false, Ordering::SeqCst);
        std::mem::take(&mut *self.answers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Sink for Inbox {
    fn deliver(&self, mut completions: Vec<Completion>) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).append(&mut completions);
        if !self.signalled.swap(true, Ordering::SeqCst) {
            if let Some(wake) = &*self.wake.lock().unwrap_or_else(PoisonError::into_inner) {
                // SAFETY: the function is released only after it was taken out of here.
                unsafe {
                    sys::napi_call_threadsafe_function(
                        wake.0,
                        ptr::null_mut(),
                        sys::ThreadsafeFunctionCallMode::nonblocking,
                    )
                };
            }
        }
    }
}

/// An open database.
pub struct Handle {
    database: Option<Arc<Database>>,
    inbox: Arc<Inbox>,
    arrays: Arrays,
    /// Plans by number, so that a call needs no lock.
    plans: HashMap<u32, Arc<Plan>>,
    /// Calls gathered until `flush`.
    outbox: Vec<Task>,
    /// Parameters of a call that crosses in several pieces.
    building: Vec<ParamChunk>,
    /// Answers that JavaScript has not asked for yet.
    answers: VecDeque<Completion>,
    /// The answer that is being read.
    current: Current,
    /// A database that is being closed, and the thread that waits for it.
    closing: Option<(Arc<Database>, JoinHandle<()>)>,
}

#[derive(Default)]
struct Current {
    outcome: Outcome,
    chunk: usize,
    error: Option<Error>,
}

/// Makes the object. `wake` is called, without arguments, when there are answers.
///
/// # Safety
/// `env` and the values must be live.
pub unsafe fn create(env: sys::napi_env, database: Database, inbox: Arc<Inbox>, arrays: Arrays, wake: Js) -> Js {
    let handle = Box::into_raw(Box::new(Handle {
        database: Some(Arc::new(database)),
        inbox: Arc::clone(&inbox),
        arrays,
        plans: HashMap::new(),
        outbox: Vec::new(),
        building: Vec::new(),
        answers: VecDeque::new(),
        current: Current::default(),
        closing: None,
    }));
    let (mut object, mut function) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: as the caller guarantees. The handle is freed by the object's finalizer, after its last method.
    unsafe {
        sys::napi_create_object(env, &mut object);
        let name = raw::string(env, "plinth");
        sys::napi_create_threadsafe_function(
            env,
            wake,
            ptr::null_mut(),
            name,
            0,
            1,
            ptr::null_mut(),
            None,
            ptr::null_mut(),
            None,
            &mut function,
        );
        // An idle handle does not keep the process alive.
        sys::napi_unref_threadsafe_function(env, function);
        *inbox.wake.lock().unwrap_or_else(PoisonError::into_inner) = Some(Wake(function));
        for (name, method) in [
            ("compile", Handle::compile as raw::Method<Handle>),
            ("release", Handle::release),
            ("submit", Handle::submit),
            ("inline", Handle::inline),
            ("discard", Handle::discard),
            ("control", Handle::control),
            ("flush", Handle::flush),
            ("call", Handle::call),
            ("callControl", Handle::call_control),
            ("next", Handle::next),
            ("chunk", Handle::chunk),
            ("wide", Handle::wide),
            ("bytes", Handle::bytes),
            ("keys", Handle::keys),
            ("links", Handle::links),
            ("columns", Handle::columns),
            ("error", Handle::error),
            ("hold", Handle::hold),
            ("end", Handle::end),
            ("close", Handle::close),
        ] {
            raw::method(env, object, name, handle, method);
        }
        sys::napi_wrap(env, object, handle.cast(), Some(finalize), ptr::null_mut(), ptr::null_mut());
        // Runs before the environment goes: no thread may call into it after that.
        sys::napi_add_env_cleanup_hook(env, Some(cleanup), handle.cast());
    }
    object
}

unsafe extern "C" fn cleanup(handle: *mut c_void) {
    // SAFETY: the hook is removed before the handle is freed.
    unsafe { &mut *handle.cast::<Handle>() }.shut();
}

unsafe extern "C" fn finalize(env: sys::napi_env, handle: *mut c_void, _: *mut c_void) {
    // SAFETY: made by `create`, finalized once.
    unsafe {
        sys::napi_remove_env_cleanup_hook(env, Some(cleanup), handle);
        let mut handle = Box::from_raw(handle.cast::<Handle>());
        handle.shut();
        handle.arrays.release(env);
    }
}

/// Where the database of a handle is; `None` for any other value, and for a closed handle.
pub fn target(env: sys::napi_env, object: Js) -> Option<Target> {
    let mut data = ptr::null_mut();
    // SAFETY: only handles are wrapped by this module, and `napi_unwrap` fails for what is not wrapped.
    let handle = unsafe {
        if sys::napi_unwrap(env, object, &mut data) != sys::Status::napi_ok || data.is_null() {
            return None;
        }
        &*data.cast::<Handle>()
    };
    handle.database.as_ref().map(|d| d.target.clone())
}

fn undefined() -> Js {
    // Node takes a null value of a callback for undefined.
    ptr::null_mut()
}

impl Handle {
    /// Closes the database and lets go of the environment. Nobody hears of what is still running: it is interrupted.
    fn shut(&mut self) {
        if let Some(database) = self.database.take() {
            database.engine.abandon();
        }
        if let Some((database, thread)) = self.closing.take() {
            database.engine.abandon();
            // Its code must not outlive the environment, which may unload it. A panic there has nobody to tell.
            let _ = thread.join();
        }
        let wake = self.inbox.wake.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(wake) = wake {
            // SAFETY: taken out above, so that nobody calls it any more.
            unsafe {
                sys::napi_release_threadsafe_function(wake.0, sys::ThreadsafeFunctionReleaseMode::release);
            }
        }
    }

    fn throw(call: &Call<'_>, error: &Error) -> Js {
        raw::throw(call.env, &to_json(error));
        undefined()
    }

    fn open(&self) -> Result<&Arc<Database>> {
        self.database.as_ref().ok_or_else(|| Error::new(Code::Closed, "The database handle is closed."))
    }

    /// compile(query): JSON that describes the plan.
    fn compile(&mut self, call: &Call<'_>) -> Js {
        let compiled = self.open().and_then(|d| d.compile(&raw::text(call.env, call.args[0])));
        match compiled {
            Ok((number, plan)) => {
                let described = describe(number, &plan);
                self.plans.insert(number, plan);
                raw::string(call.env, &described)
            }
            Err(error) => Self::throw(call, &error),
        }
    }

    /// release(): forgets the plan in the head.
    fn release(&mut self, _: &Call<'_>) -> Js {
        let number = self.arrays.get(Head::Plan) as u32;
        self.plans.remove(&number);
        if let Some(database) = &self.database {
            database.release(number);
        }
        undefined()
    }

    /// The task whose parameters have just crossed, or `None` while more are to follow.
    fn gather(&mut self, call: &Call<'_>) -> std::result::Result<Option<Task>, Js> {
        let number = self.arrays.get(Head::Plan) as u32;
        let Some(plan) = self.plans.get(&number) else {
            return Err(Self::throw(call, &Error::new(Code::Internal, "There is no plan of this number.")));
        };
        let rows = self.arrays.get(Head::Rows) as usize;
        match self.arrays.params(call.env, &plan.params, rows, call.args[0], call.args[1]) {
            Ok(chunk) => self.building.push(chunk),
            Err(lone) => {
                self.building.clear();
                return Err(raw::number(call.env, lone.at as f64));
            }
        }
        if self.arrays.get(Head::More) != 0 {
            return Ok(None);
        }
        let run = Run {
            id: u64::from(number),
            plan: Arc::clone(plan),
            params: Params { chunks: std::mem::take(&mut self.building) },
        };
        Ok(Some(Task {
            ticket: self.arrays.get(Head::Ticket) as u32,
            session: self.arrays.get(Head::Session) as u32,
            work: Work::Run(run),
        }))
    }

    /// submit(text, bytes): a call with the plan, session, ticket and parameters in the arrays. Gives the number of a
    /// parameter that holds half of a surrogate pair, else undefined.
    fn submit(&mut self, call: &Call<'_>) -> Js {
        match self.gather(call) {
            Ok(Some(task)) => self.outbox.push(task),
            Ok(None) => {}
            Err(value) => return value,
        }
        undefined()
    }

    /// inline(text, bytes): a read that is answered at once where that is cheap, like call; else like submit.
    fn inline(&mut self, call: &Call<'_>) -> Js {
        let task = match self.gather(call) {
            Ok(Some(task)) => task,
            Ok(None) => return undefined(),
            Err(value) => return value,
        };
        let done = match (&self.database, &task.work) {
            (Some(database), Work::Run(run)) => database.engine.run_inline(run),
            _ => None,
        };
        match done {
            Some(result) => self.read(call, result),
            None => {
                self.outbox.push(task);
                undefined()
            }
        }
    }

    /// discard(): drops the pieces of a call that has not crossed whole.
    fn discard(&mut self, _: &Call<'_>) -> Js {
        self.building.clear();
        undefined()
    }

    fn control_task(&self, call: &Call<'_>) -> Option<Task> {
        let n = self.arrays.get(Head::Rows) as u32;
        let control = match raw::text(call.env, call.args[0]).as_str() {
            "begin" => Control::Begin,
            "beginRead" => Control::BeginRead,
            "commit" => Control::Commit,
            "rollback" => Control::Rollback,
            "savepoint" => Control::Savepoint(n),
            "release" => Control::Release(n),
            "undo" => Control::Undo(n),
            _ => return None,
        };
        Some(Task {
            ticket: self.arrays.get(Head::Ticket) as u32,
            session: self.arrays.get(Head::Session) as u32,
            work: Work::Control(control),
        })
    }

    /// control(word): steers the session in the head; the number of a savepoint is where rows are counted.
    fn control(&mut self, call: &Call<'_>) -> Js {
        self.outbox.extend(self.control_task(call));
        undefined()
    }

    /// flush(): hands the gathered calls to the engine.
    fn flush(&mut self, _: &Call<'_>) -> Js {
        let tasks = std::mem::take(&mut self.outbox);
        match &self.database {
            Some(database) => database.engine.submit(tasks),
            None => {
                let closed = || Err(Error::new(Code::Closed, "The database handle is closed."));
                self.inbox.deliver(tasks.iter().map(|t| Completion { ticket: t.ticket, result: closed() }).collect());
            }
        }
        undefined()
    }

    fn run_blocking(&mut self, call: &Call<'_>, task: Task) -> Js {
        let result = self.open().and_then(|d| d.engine.run_blocking(task));
        self.read(call, result)
    }

    /// call(text, bytes): like submit, but waits for the answer and begins to read it, like next.
    fn call(&mut self, call: &Call<'_>) -> Js {
        match self.gather(call) {
            Ok(Some(task)) => self.run_blocking(call, task),
            Ok(None) => undefined(),
            Err(value) => value,
        }
    }

    /// callControl(word): like control, but waits.
    fn call_control(&mut self, call: &Call<'_>) -> Js {
        match self.control_task(call) {
            Some(task) => self.run_blocking(call, task),
            None => undefined(),
        }
    }

    /// next(): begins to read the next answer: its ticket and numbers to the head, its first rows to the arrays, their
    /// narrow string as the value; undefined when there are no more.
    fn next(&mut self, call: &Call<'_>) -> Js {
        if self.answers.is_empty() {
            self.answers.extend(self.inbox.take());
        }
        let Some(answer) = self.answers.pop_front() else { return undefined() };
        self.arrays.set(Head::Ticket, answer.ticket as i32);
        self.read(call, answer.result)
    }

    fn read(&mut self, call: &Call<'_>, result: Result<Outcome>) -> Js {
        self.current = match result {
            Ok(outcome) => Current { outcome, ..Current::default() },
            Err(error) => {
                let error = match &self.database {
                    Some(database) => database.explain(error),
                    None => error,
                };
                Current { error: Some(error), ..Current::default() }
            }
        };
        let Current { outcome, error, .. } = &self.current;
        self.arrays.set(Head::Failed, i32::from(error.is_some()));
        self.arrays.set(Head::Keys, outcome.keys.len() as i32);
        self.arrays.set(Head::Columns, i32::from(!outcome.columns.is_empty()));
        self.arrays.set_float(0, outcome.changes as f64);
        self.arrays.set_float(1, outcome.keys.last().copied().unwrap_or_default() as f64);
        self.chunk(call)
    }

    /// chunk(): the next rows of the answer, as next gives the first.
    fn chunk(&mut self, call: &Call<'_>) -> Js {
        let chunks = &self.current.outcome.chunks;
        let Some(chunk) = chunks.get(self.current.chunk) else {
            self.arrays.set(Head::Rows, 0);
            self.arrays.set(Head::More, 0);
            return raw::latin1(call.env, b"");
        };
        self.current.chunk += 1;
        self.arrays.set(Head::More, (chunks.len() - self.current.chunk) as i32);
        self.arrays.write(call.env, chunk)
    }

    fn read_chunk(&self) -> Option<&crate::engine::packed::Chunk> {
        self.current.outcome.chunks.get(self.current.chunk.wrapping_sub(1))
    }

    /// wide(): the wide string of the rows in the arrays.
    fn wide(&mut self, call: &Call<'_>) -> Js {
        self.read_chunk().map_or(undefined(), |chunk| raw::utf16(call.env, &chunk.wide))
    }

    /// bytes(): the bytes of the rows in the arrays, a Uint8Array.
    fn bytes(&mut self, call: &Call<'_>) -> Js {
        let kind = sys::TypedarrayType::uint8_array;
        self.read_chunk().map_or(undefined(), |chunk| raw::typed_array(call.env, kind, &chunk.bytes))
    }

    /// keys(): the generated keys, a BigInt64Array.
    fn keys(&mut self, call: &Call<'_>) -> Js {
        raw::typed_array(call.env, sys::TypedarrayType::bigint64_array, &self.current.outcome.keys)
    }

    /// links(): how the rows of the node in the head belong to their parents: parents, then children, an Int32Array.
    fn links(&mut self, call: &Call<'_>) -> Js {
        let node = self.arrays.get(Head::Node) as usize;
        match self.current.outcome.links.get(node) {
            Some(links) => {
                let all = [links.parents.as_slice(), links.children.as_slice()].concat();
                raw::typed_array(call.env, sys::TypedarrayType::int32_array, &all)
            }
            None => undefined(),
        }
    }

    /// columns(): the columns of a raw statement, as JSON.
    fn columns(&mut self, call: &Call<'_>) -> Js {
        let columns = self.current.outcome.columns.iter();
        let columns: Vec<Value> = columns.map(|(name, wire)| json!({ "name": name, "wire": wire })).collect();
        raw::string(call.env, &Value::from(columns).to_string())
    }

    /// error(): the error of the answer, as JSON.
    fn error(&mut self, call: &Call<'_>) -> Js {
        self.current.error.as_ref().map_or(undefined(), |error| raw::string(call.env, &to_json(error)))
    }

    /// hold(): whether the process is to stay alive for answers to come: yes when the head's row count is not 0.
    fn hold(&mut self, call: &Call<'_>) -> Js {
        if let Some(wake) = &*self.inbox.wake.lock().unwrap_or_else(PoisonError::into_inner) {
            // SAFETY: the function is alive while it is in here.
            unsafe {
                match self.arrays.get(Head::Rows) {
                    0 => sys::napi_unref_threadsafe_function(call.env, wake.0),
                    _ => sys::napi_ref_threadsafe_function(call.env, wake.0),
                };
            }
        }
        undefined()
    }

    /// end(): closes every connection when what is running is done; answered, like a call, to the ticket in the head.
    fn end(&mut self, call: &Call<'_>) -> Js {
        self.flush(call);
        let ticket = self.arrays.get(Head::Ticket) as u32;
        let done = move |inbox: &Inbox| inbox.deliver(vec![Completion { ticket, result: Ok(Outcome::default()) }]);
        let inbox = Arc::clone(&self.inbox);
        let Some(database) = self.database.take() else {
            done(&inbox);
            return undefined();
        };
        let held = Arc::clone(&database);
        let thread = std::thread::Builder::new().name("plinth-close".into()).spawn(move || {
            database.engine.close();
            done(&inbox);
        });
        match thread {
            Ok(thread) => self.closing = Some((held, thread)),
            // No thread is to be had: then here, and everyone waits.
            Err(_) => {
                held.engine.close();
                self.inbox.deliver(vec![Completion { ticket, result: Ok(Outcome::default()) }]);
            }
        }
        undefined()
    }

    /// close(): lets go of everything; what is running is interrupted.
    fn close(&mut self, _: &Call<'_>) -> Js {
        self.shut();
        undefined()
    }
}

/// An error as JSON.
pub fn to_json(error: &Error) -> String {
    serde_json::to_string(error).unwrap_or_default()
}

/// A plan as JavaScript needs to know it.
fn describe(number: u32, plan: &Plan) -> String {
    let wires: Vec<Wire> = plan.params.iter().map(|p| p.wire).collect();
    let nodes: Vec<Value> = plan.nodes.iter().map(node).collect();
    json!({ "plan": number, "action": plan.action, "params": wires, "nodes": nodes }).to_string()
}

fn node(node: &Node) -> Value {
    let shown = node.outputs.iter().filter(|o| !o.hidden);
    let columns: Vec<Value> = shown.map(|o| json!({ "name": o.name, "wire": o.wire })).collect();
    let link = node.link.as_ref().map(|l| json!({ "parent": l.parent, "relation": l.relation, "many": l.many }));
    json!({ "columns": columns, "link": link })
}
