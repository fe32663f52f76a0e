//! What one of those who asked the same gets of the answer.

use std::sync::Arc;

use super::Search;

/// A Nearby Search, and how much of it is wanted. All who asked the same share the search, so that a thousand who
/// wait for one answer, or read it slowly, do not hold a thousand copies.
#[derive(Clone, Debug)]
pub struct Found {
    search: Arc<Search>,
    bound: usize,
}

impl Found {
    /// The first `bound` results of a search.
    #[must_use]
    pub fn new(search: Arc<Search>, bound: usize) -> Found {
        Found { search, bound }
    }

    /// Its text, [cut](Search::cut) to the bound.
    #[must_use]
    pub fn text(&self) -> Vec<u8> {
        self.search.cut(self.bound)
    }

    /// The same in two parts, which are borrowed.
    #[must_use]
    pub fn parts(&self) -> [&[u8]; 2] {
        self.search.parts(self.bound)
    }

    /// The length of its text in bytes, without the two newlines that end it.
    #[must_use]
    pub fn size(&self) -> usize {
        self.parts().iter().map(|part| part.len()).sum::<usize>() - 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_bound_of_its_own_and_all_share_one_search() {
        let search = Arc::new(Search::read(br#"{"results":[1,2,3],"status":"OK"}"#).unwrap());
        let all = [1, 2, 20].map(|bound| Found::new(Arc::clone(&search), bound));
        assert_eq!(Arc::strong_count(&search), 4);
        let results = all.map(|found| String::from_utf8(found.text()).unwrap());
        assert_eq!(results.map(|text| text.split_once(']').unwrap().0.len()), [13, 15, 17]);
    }
}
