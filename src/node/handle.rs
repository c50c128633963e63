//! An open database as JavaScript holds it: an object of functions. Calls are gathered and handed to the engine together;
//! answers come back together too, through one threadsafe function.

mod object;
mod steering;

use super::answer::{describe, statements, to_json, undefined, Answer};
use super::inbox::Inbox;
use super::raw::{self, Call, Js};
use super::wire::{Arrays, Head, Loose};
use crate::database::Database;
use crate::engine::pace::Pace;
use crate::engine::packed::{Outcome, ParamChunk, Params};
use crate::engine::stop::Stop;
use crate::engine::task::PoolUse;
use crate::engine::watch::Watch;
use crate::engine::{Completion, Inline, Run, Sink, Step, Stream, Task, Work};
use crate::error::{caught, Code, Error, Result};
use crate::plan::Plan;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::thread::JoinHandle;

pub use object::{create, target};

/// A compiled plan.
struct Known {
    plan: Arc<Plan>,
    pace: Arc<Pace>,
}

/// An open database.
pub struct Handle {
    database: Option<Arc<Database>>,
    inbox: Arc<Inbox>,
    arrays: Arrays,
    /// Plans by number, so that a call needs no lock.
    plans: HashMap<u32, Known>,
    /// Calls gathered until `flush`.
    outbox: Vec<Task>,
    /// Parameters of a call that crosses in several pieces.
    building: Vec<ParamChunk>,
    /// By what the next call can be stopped.
    limit: Option<Arc<Stop>>,
    /// By what calls that are not answered yet can be stopped, by ticket.
    stoppable: HashMap<u32, Arc<Stop>>,
    /// Answers that JavaScript has not asked for yet.
    answers: VecDeque<Completion>,
    /// The notes of the statements of watched calls, by ticket.
    watches: HashMap<u32, Watch>,
    /// The answer that is being read.
    current: Answer,
    /// A database that is being closed, and the thread that waits for it.
    closing: Option<(Arc<Database>, JoinHandle<()>)>,
}

impl Handle {
    /// Closes the database and lets go of the environment. A running call has no listener any more:
    /// it is interrupted.
    fn shut(&mut self) {
        if let Some(database) = self.database.take() {
            database.engine.abandon();
        }
        if let Some((database, thread)) = self.closing.take() {
            database.engine.abandon();
            // Its code must not outlive the environment, which may unload it. A panic there cannot
            // be reported.
            let _ = thread.join();
        }
        self.inbox.disconnect();
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
                self.plans.insert(number, Known { plan, pace: Arc::default() });
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

    /// statements(): JSON that describes the statements of the plan in the head.
    fn statements(&mut self, call: &Call<'_>) -> Js {
        match self.plans.get(&(self.arrays.get(Head::Plan) as u32)) {
            Some(known) => raw::string(call.env, &statements(&known.plan)),
            None => undefined(),
        }
    }

    /// Where the statements of the call in the head are noted.
    #[inline]
    fn watch(&self) -> Watch {
        match self.arrays.get(Head::Watched) {
            0 => Watch::default(),
            _ => Watch::on(),
        }
    }

    /// Keeps a task until it is flushed.
    fn put(&mut self, task: Task) {
        if task.watch.is_on() {
            self.watches.insert(task.ticket, task.watch.clone());
        }
        if let Some(stop) = &task.stop {
            self.stoppable.insert(task.ticket, Arc::clone(stop));
        }
        self.outbox.push(task);
    }

    /// The task whose parameters have just crossed, or `None` while more are to follow.
    fn gather(&mut self, call: &Call<'_>) -> std::result::Result<Option<Task>, Js> {
        let number = self.arrays.get(Head::Plan) as u32;
        let Some(Known { plan, pace }) = self.plans.get(&number) else {
            return Err(Self::throw(call, &Error::new(Code::Internal, "There is no plan of this number.")));
        };
        let stop = self.limit.take();
        let loose = Loose { text: call.args[0], bytes: call.args[1] };
        match self.arrays.params(call.env, &plan.params, loose) {
            Ok(chunk) => self.building.push(chunk),
            Err(lone) => {
                self.building.clear();
                return Err(raw::number(call.env, lone.at as f64));
            }
        }
        if self.arrays.get(Head::More) != 0 {
            return Ok(None);
        }
        let watch = self.watch();
        let run = Run {
            id: u64::from(number),
            plan: Arc::clone(plan),
            pace: Arc::clone(pace),
            params: Params { chunks: std::mem::take(&mut self.building) },
            watch: watch.clone(),
        };
        let work = match self.arrays.get(Head::Stream) as u32 {
            0 => Work::Run(run),
            number => {
                let batch = self.arrays.get(Head::Batch).max(1) as usize;
                Work::Stream(Stream { number, step: Step::Open { run: Arc::new(run), batch } })
            }
        };
        Ok(Some(self.task(work, watch, stop)))
    }

    /// Work for the session in the head, to be answered to its ticket.
    fn task(&self, work: Work, watch: Watch, stop: Option<Arc<Stop>>) -> Task {
        let (ticket, session) = (self.arrays.get(Head::Ticket) as u32, self.arrays.get(Head::Session) as u32);
        Task { ticket, session, work, watch, stop }
    }

    /// submit(text, bytes): a call with the plan, session, ticket and parameters in the arrays; one that opens a stream has
    /// its number there too. Gives the number of a
    /// parameter that holds half of a surrogate pair, else undefined.
    fn submit(&mut self, call: &Call<'_>) -> Js {
        match self.gather(call) {
            Ok(Some(task)) => self.put(task),
            Ok(None) => {}
            Err(value) => return value,
        }
        undefined()
    }

    /// inline(text, bytes): a call that is answered at once if it is quick or short, like call; else like submit. When it began
    /// and ended is in the doubles, in milliseconds of one clock for all handles.
    fn inline(&mut self, call: &Call<'_>) -> Js {
        let task = match self.gather(call) {
            Ok(Some(task)) => task,
            Ok(None) => return undefined(),
            Err(value) => return value,
        };
        let done = match (&self.database, &task.work) {
            (Some(database), Work::Run(run)) if task.session == 0 => database.engine.run_inline(run),
            (Some(database), Work::Run(_)) if self.outbox.iter().all(|before| before.session != task.session) => {
                database.engine.run_in_session(&task)
            }
            _ => None,
        };
        self.answer_or_put(call, task, done)
    }

    /// Begins to read the answer of a task that has run at once; one that has not waits to be flushed.
    fn answer_or_put(&mut self, call: &Call<'_>, task: Task, done: Option<Inline>) -> Js {
        match done {
            Some(Inline { result, began, ended }) => {
                // After `read`, which sets numbers of the answer.
                let text = self.read(call, result, &task.watch);
                self.arrays.set_times(began, ended);
                text
            }
            None => {
                self.put(task);
                undefined()
            }
        }
    }

    /// discard(): drops the pieces of a call that has not crossed whole.
    fn discard(&mut self, _: &Call<'_>) -> Js {
        self.building.clear();
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
        let watch = task.watch.clone();
        let result = self.open().and_then(|d| d.engine.run_blocking(task));
        self.read(call, result, &watch)
    }

    /// call(text, bytes): like submit, but waits for the answer and begins to read it, like next.
    fn call(&mut self, call: &Call<'_>) -> Js {
        match self.gather(call) {
            Ok(Some(task)) => self.run_blocking(call, task),
            Ok(None) => undefined(),
            Err(value) => value,
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
        let watch = match self.watches.is_empty() {
            true => Watch::default(),
            false => self.watches.remove(&answer.ticket).unwrap_or_default(),
        };
        if !self.stoppable.is_empty() {
            self.stoppable.remove(&answer.ticket);
        }
        self.read(call, answer.result, &watch)
    }

    fn read(&mut self, call: &Call<'_>, result: Result<Outcome>, watch: &Watch) -> Js {
        let result = result.map_err(|error| match &self.database {
            Some(database) => Box::new(database.explain(error)),
            None => Box::new(error),
        });
        self.current = Answer::begin(result, watch, &self.arrays);
        self.current.chunk(call.env, &self.arrays)
    }

    /// prepares(): 1 if statements are kept prepared on their connections, 0 if they are not;
    /// undefined if that is not known, or does not apply.
    fn prepares(&mut self, call: &Call<'_>) -> Js {
        match self.database.as_ref().and_then(|database| database.prepares()) {
            Some(kept) => raw::number(call.env, kept.into()),
            None => undefined(),
        }
    }

    /// readsCommitted(): 1 if transactions are read committed unless they ask for more, 0 if they
    /// are not; undefined if that is not known.
    fn reads_committed(&mut self, call: &Call<'_>) -> Js {
        match self.database.as_ref().and_then(|database| database.reads_committed()) {
            Some(committed) => raw::number(call.env, committed.into()),
            None => undefined(),
        }
    }

    /// pool(): how far the pool of connections is in use, as JSON; undefined for a database without a pool.
    fn pool(&mut self, call: &Call<'_>) -> Js {
        match self.database.as_ref().and_then(|database| database.engine.pool()) {
            Some(PoolUse { size, used, waiting }) => {
                raw::string(call.env, &format!(r#"{{"size":{size},"used":{used},"waiting":{waiting}}}"#))
            }
            None => undefined(),
        }
    }

    /// hold(): whether the process is to stay alive for answers to come: yes when the head's row count is not 0.
    fn hold(&mut self, call: &Call<'_>) -> Js {
        self.inbox.hold(call.env, self.arrays.get(Head::Rows) != 0);
        undefined()
    }

    /// verify(): throws where the database is not any more the one that was opened.
    fn verify(&mut self, call: &Call<'_>) -> Js {
        match self.open().and_then(|database| database.engine.verify()) {
            Ok(()) => undefined(),
            Err(error) => Self::throw(call, &error),
        }
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
            // What has panicked is not used any more, and there is nothing else to do about it.
            let _ = caught(|| {
                database.engine.close();
                Ok(())
            });
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
