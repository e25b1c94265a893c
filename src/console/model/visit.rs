//! A request beside Live's list: one that the list does not have any more.

use super::live::Live;
use crate::{
    directory::{ConflictId, ExchangeId},
    service::exchange::ExchangeLine,
};

/// A request that is shown although the list does not have it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Visit {
    /// It is asked for.
    Asked(ExchangeId),
    /// It is here.
    Here(Box<ExchangeLine>),
}

impl Live {
    /// The selected request.
    pub fn current(&self) -> Option<&ExchangeLine> {
        match &self.visit {
            Some(Visit::Here(line)) => Some(line),
            Some(Visit::Asked(_)) => None,
            None => self.row(self.index()?),
        }
    }

    /// The conflict of the selected request.
    pub fn conflict(&self) -> Option<ConflictId> {
        self.current()?.conflict
    }

    /// Shows a request that the list does not have, once it has been asked for.
    pub fn visit(&mut self, id: ExchangeId) {
        let kept = self.detail(id).map(|kept| kept.line.clone());
        self.left_end = true;
        self.visit = Some(kept.map_or(Visit::Asked(id), |line| Visit::Here(Box::new(line))));
    }

    /// Shows the selected request again.
    pub fn end_visit(&mut self) {
        self.visit = None;
    }

    /// Whether the request that is shown is not the selected one of the list.
    pub fn is_visiting(&self) -> bool {
        self.visit.is_some()
    }

    /// The request that must be asked for to be shown.
    pub fn asked(&self) -> Option<ExchangeId> {
        match self.visit {
            Some(Visit::Asked(id)) => Some(id),
            _ => None,
        }
    }
}
