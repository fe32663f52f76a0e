//! Who answers the requests of a server.

use ::http::{Request, Response};
use reactor::{Reply, Requests};

use crate::http::FramingError;

/// Answers requests. Every `FnMut(&mut A, &mut Requests<'_, A>, Request<Vec<u8>>, Reply<A, Response<Vec<u8>>>)`
/// is one.
pub trait HttpHandler<A: 'static>: 'static {
    /// A request came. The answer is given to `reply`, now or later; see
    /// [`Requests::send`](reactor::Requests::send).
    ///
    /// Its length, its coding and whether the connection stays are the server's to say: such fields of
    /// the answer are replaced. An answer with a 1xx status is sent as 500, and so is one that
    /// is larger than what [`Limits::write_buffer`](reactor::Limits::write_buffer) leaves room for: head and body
    /// together, beside what the client has yet to read of earlier answers.
    fn request(
        &mut self,
        app: &mut A,
        reactor: &mut Requests<'_, A>,
        request: Request<Vec<u8>>,
        reply: Reply<A, Response<Vec<u8>>>,
    );

    /// A request was refused and its connection is closed; for those who count.
    fn refused(&mut self, app: &mut A, error: FramingError) {
        let _ = (app, error);
    }
}

impl<A: 'static, F> HttpHandler<A> for F
where
    F: FnMut(&mut A, &mut Requests<'_, A>, Request<Vec<u8>>, Reply<A, Response<Vec<u8>>>) + 'static,
{
    fn request(
        &mut self,
        app: &mut A,
        reactor: &mut Requests<'_, A>,
        request: Request<Vec<u8>>,
        reply: Reply<A, Response<Vec<u8>>>,
    ) {
        self(app, reactor, request, reply);
    }
}
