//! `cx.reactor`: everything that is asked of the reactor itself.

use std::any::{Any, type_name};
use std::io;
use std::marker::PhantomData;
use std::net::{IpAddr, SocketAddr};
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use super::{AppCx, Cx, Reply};
use crate::counters::Counters;
use crate::endpoint::Endpoint;
use crate::layer::ServerTls;
use crate::limits::Limits;
use crate::net::{ConnId, JobError, JobId, Outcome, PortId};
use crate::protocol::{Factory, Protocol};
use crate::requests::{Call, Core, JobDone, LinkCall, Request};
use crate::tally::tally;
use crate::time::{Time, WallTime};
use crate::timers::TimerId;

/// The part of the reactor that needs no connection; Twisted's `reactor`.
pub struct Requests<'a, A> {
    core: &'a mut Core<A>,
}

impl<'a, A> Requests<'a, A> {
    pub(super) fn new(core: &'a mut Core<A>) -> Requests<'a, A> {
        Requests { core }
    }

    /// When this turn began. It stands still within the turn.
    pub fn now(&self) -> Time {
        self.core.now
    }

    /// What the wall clock said when this turn began.
    pub fn wall_clock(&self) -> WallTime {
        self.core.wall_clock
    }

    /// A number from the reactor's seed: for jitter, never for secrets.
    pub fn random(&mut self) -> u64 {
        self.core.random.next_u64()
    }

    /// The bounds in force.
    pub fn limits(&self) -> &Limits {
        &self.core.limits
    }

    /// What has happened so far.
    pub fn counters(&self) -> &Counters {
        &self.core.counters
    }

    /// Whether a stop has begun: what is connected now is cancelled at once.
    pub fn is_stopping(&self) -> bool {
        self.core.stop_by.is_some()
    }

    /// Cancels a timer; `false` if it has run or was cancelled before.
    pub fn cancel(&mut self, timer: TimerId) -> bool {
        self.core.timers.cancel(timer)
    }

    /// Whether a timer is yet to run: it was not refused, has not run and was not cancelled.
    pub fn is_pending(&self, timer: TimerId) -> bool {
        self.core.timers.is_pending(timer)
    }

    /// Closes a port; connections that were made through it live on.
    pub fn close_port(&mut self, port: PortId) {
        self.core.ask(Request::ClosePort(port));
    }

    /// Connections that a port accepts from the next turn on speak this TLS; those that stand go on as they
    /// are. For certificates that are renewed while the server runs. A port that is plain stays so.
    pub fn renew_tls(&mut self, port: PortId, tls: &ServerTls) {
        self.core.ask(Request::RenewTls(port, tls.clone()));
    }

    /// Stops: closes the ports, tells every connection `stopping`, waits for them, and for the requests that they
    /// make meanwhile, as long as [`Limits::stop_timeout`] allows, then ends. Jobs are not waited for.
    pub fn stop(&mut self) {
        self.core.ask(Request::Stop);
    }

    fn timer(&mut self, after: Duration, call: Call<A>) -> TimerId {
        let at = self.core.now + after;
        if self.core.timers.len() < self.core.limits.timers {
            return self.core.timers.insert(at, call);
        }
        let refused = &mut self.core.counters.timers_refused;
        if tally(refused) {
            log::error!("a timer is refused: Limits::timers are waiting ({refused} so far)");
        }
        self.core.timers.unused(at)
    }
}

impl<A: 'static> Requests<'_, A> {
    /// Begins a connection, this turn; its id is known at once. It ends in `connection_made`, after
    /// which it can be written to, or in `connect_failed`.
    pub fn connect<Q: Protocol<A>>(&mut self, to: impl Into<Endpoint>, protocol: Q) -> ConnId {
        let id = ConnId(self.core.conns.issue());
        // `Limits::links` bounds it when it is carried out.
        self.core.ask(Request::Connect(id, to.into(), Box::new(protocol)));
        id
    }

    /// Listens, this turn; `factory` hears how it went.
    pub fn listen<F: Factory<A>>(&mut self, at: SocketAddr, factory: F) -> PortId {
        self.open_port(at, None, factory)
    }

    /// The same for connections that speak TLS (Twisted: `listenSSL`): they are made once that is
    /// agreed on, or `connect_failed` is told.
    pub fn listen_tls<F: Factory<A>>(&mut self, at: SocketAddr, tls: &ServerTls, factory: F) -> PortId {
        self.open_port(at, Some(tls.clone()), factory)
    }

    fn open_port<F: Factory<A>>(&mut self, at: SocketAddr, tls: Option<ServerTls>, factory: F) -> PortId {
        let id = PortId(self.core.ports.issue());
        self.core.ask(Request::Listen(id, at, tls, Box::new(factory)));
        id
    }

    /// Calls `f` on another connection, this turn, if it is still there and speaks `Q`.
    pub fn call<Q: 'static>(&mut self, to: ConnId, f: impl FnOnce(&mut Q, &mut Cx<'_, A, Q>) + 'static) {
        self.core.ask(Request::Call(Call::Link(to, typed(f))));
    }

    /// Calls `f` later; unlike `call_later` it outlives every connection.
    pub fn app_later(&mut self, after: Duration, f: impl FnOnce(&mut AppCx<'_, A>) + 'static) -> TimerId {
        self.timer(after, Call::App(Box::new(f)))
    }

    /// An answer that comes back to the application.
    pub fn app_reply<T: 'static>(&self, f: impl FnOnce(&mut AppCx<'_, A>, T) + 'static) -> Reply<A, T> {
        Reply::to_app(move |value| Box::new(move |cx| f(cx, value)))
    }

    /// Gives an answer to the one who asked, this turn.
    pub fn send<T>(&mut self, reply: Reply<A, T>, value: T) {
        self.core.ask(Request::Call(reply.with(value)));
    }

    /// Looks up the addresses of a host's name, or why there are none (Twisted: `reactor.nameResolver`); they come
    /// in the order in which the resolver likes them. Whoever is dialled by name need not be looked up before.
    pub fn resolve(&mut self, name: &str, done: Reply<A, io::Result<Vec<IpAddr>>>) {
        let done = Box::new(move |outcome| done.with(addresses(outcome)));
        self.begin_job(done, |job| Request::Resolve(job, name.to_owned()));
    }

    /// Does blocking work on another thread (Twisted: `threads.deferToThread`). `done` gets its
    /// value, or why there is none; a panic there does no harm here.
    pub fn defer_to_thread<T: Send + 'static>(
        &mut self,
        work: impl FnOnce() -> T + Send + 'static,
        done: Reply<A, Result<T, JobError>>,
    ) {
        let done = Box::new(move |outcome: Outcome| done.with(outcome.map(concrete)));
        let work = Box::new(move || Box::new(work()) as Box<dyn Any + Send>);
        self.begin_job(done, |job| Request::Defer(job, work));
    }

    /// Begins a job; too many: that is its outcome.
    fn begin_job(&mut self, done: JobDone<A>, request: impl FnOnce(JobId) -> Request<A>) {
        let request = match self.core.begin_job(done) {
            Ok(job) => request(job),
            Err(done) => Request::Call(done(Err(JobError::Full))),
        };
        self.core.ask(request);
    }
}

/// The value of a job with its type back.
fn concrete<T: 'static>(value: Box<dyn Any + Send>) -> T {
    match value.downcast() {
        Ok(value) => *value,
        Err(_) => unreachable!("a job is answered with the value of that job's work"),
    }
}

/// The addresses of a name without the port that each look-up is for.
fn addresses(outcome: Outcome) -> io::Result<Vec<IpAddr>> {
    let found: io::Result<Vec<SocketAddr>> = concrete(outcome.map_err(io::Error::other)?);
    found.map(|found| found.iter().map(SocketAddr::ip).collect())
}

/// A continuation for links that speak `P`; on any other link it is a mistake, said and dropped.
fn typed<A: 'static, P: 'static>(f: impl FnOnce(&mut P, &mut Cx<'_, A, P>) + 'static) -> LinkCall<A> {
    Box::new(move |target, parts, me| match target.downcast_mut() {
        Some(protocol) => f(protocol, &mut Cx::new(parts, me)),
        None => {
            debug_assert!(false, "{me:?} does not speak {}; see Protocol::target", type_name::<P>());
            log::error!("a call was dropped: {me:?} does not speak {}", type_name::<P>());
        }
    })
}

/// The reactor as a connection with the protocol `P` sees it: [`Requests`], and what comes back to
/// this connection as `&mut P`.
pub struct ReactorHandle<'a, A, P> {
    requests: Requests<'a, A>,
    me: ConnId,
    protocol: PhantomData<fn(&mut P)>,
}

impl<'a, A, P> ReactorHandle<'a, A, P> {
    pub(super) fn new(core: &'a mut Core<A>, me: ConnId) -> ReactorHandle<'a, A, P> {
        ReactorHandle { requests: Requests { core }, me, protocol: PhantomData }
    }

    pub(super) fn reborrow<Q>(&mut self) -> ReactorHandle<'_, A, Q> {
        ReactorHandle::new(self.requests.core, self.me)
    }
}

impl<A: 'static, P: 'static> ReactorHandle<'_, A, P> {
    /// Calls `f` on this connection later, unless it has gone by then.
    pub fn call_later(
        &mut self,
        after: Duration,
        f: impl FnOnce(&mut P, &mut Cx<'_, A, P>) + 'static,
    ) -> TimerId {
        let call = Call::Link(self.me, typed(f));
        self.requests.timer(after, call)
    }

    /// An answer that comes back to this connection.
    pub fn reply<T: 'static>(&self, f: impl FnOnce(&mut P, &mut Cx<'_, A, P>, T) + 'static) -> Reply<A, T> {
        Reply::to_link(self.me, move |value| typed(move |protocol: &mut P, cx| f(protocol, cx, value)))
    }
}

impl<'a, A, P> Deref for ReactorHandle<'a, A, P> {
    type Target = Requests<'a, A>;

    fn deref(&self) -> &Requests<'a, A> {
        &self.requests
    }
}

impl<A, P> DerefMut for ReactorHandle<'_, A, P> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.requests
    }
}
