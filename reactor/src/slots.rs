//! Tables by slot: of links, of ports, and of what callbacks see of links.

/// What has a key of its own.
pub(crate) trait Tenant {
    /// Its [`Key`](crate::net::Key), as one of its kind.
    type Id: Copy + PartialEq;

    fn id(&self) -> Self::Id;

    fn slot(id: Self::Id) -> u32;
}

/// Tenants, by slot. An id finds its own tenant alone: a later one of the same slot is another (law 3).
#[derive(Debug)]
pub(crate) struct Slots<T> {
    slots: Vec<Option<T>>,
    count: usize,
}

impl<T: Tenant> Slots<T> {
    pub(crate) const fn new() -> Slots<T> {
        Slots { slots: Vec::new(), count: 0 }
    }

    /// Takes in a tenant, whose slot is free.
    pub(crate) fn insert(&mut self, tenant: T) {
        let slot = T::slot(tenant.id()) as usize;
        if slot >= self.slots.len() {
            self.slots.resize_with(slot + 1, || None);
        }
        self.slots[slot] = Some(tenant);
        self.count += 1;
    }

    pub(crate) fn get(&self, id: T::Id) -> Option<&T> {
        self.slots.get(T::slot(id) as usize)?.as_ref().filter(|tenant| tenant.id() == id)
    }

    pub(crate) fn get_mut(&mut self, id: T::Id) -> Option<&mut T> {
        self.slots.get_mut(T::slot(id) as usize)?.as_mut().filter(|tenant| tenant.id() == id)
    }

    pub(crate) fn remove(&mut self, id: T::Id) -> Option<T> {
        let tenant = self.slots.get_mut(T::slot(id) as usize)?.take_if(|tenant| tenant.id() == id)?;
        self.count -= 1;
        Some(tenant)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// The ids of all, by slot.
    pub(crate) fn ids(&self) -> Vec<T::Id> {
        self.slots.iter().flatten().map(T::id).collect()
    }
}
