//! One listening port.

use crate::layer::ServerTls;
use crate::net::PortId;
use crate::protocol::ErasedFactory;
use crate::slots::Tenant;

pub(crate) struct Port<A> {
    pub(crate) id: PortId,
    pub(crate) factory: Box<dyn ErasedFactory<A>>,
    /// What its connections speak, if not plain bytes.
    pub(crate) tls: Option<ServerTls>,
}

impl<A> Tenant for Port<A> {
    type Id = PortId;

    fn id(&self) -> PortId {
        self.id
    }

    fn slot(id: PortId) -> u32 {
        id.0.slot
    }
}
