//! `/Bulk` (RFC 7644 §3.7): the operations one after the other, each as a request of its own would
//! be done.

use std::collections::HashMap;

use hyper::Method;
use serde_json::{Value, json};

use super::{
    answer::{Answer, Body, Refused},
    call::{Asked, Asking},
    condition, groups,
    told::Told,
    users,
};
use crate::{
    directory::Condition,
    scim::{
        ResourceType,
        bulk::{BulkMethod, BulkOperation, BulkRequest, bulk_response},
    },
};

/// Does what a bulk request asks for.
pub(super) async fn answer(asking: &Asking, asked: &Asked) -> Result<Answer, Refused> {
    let request = BulkRequest::parse(&asked.body, asking.edge.options.limits.bulk_operations)?;
    let mut run = Run {
        done: request.operations.iter().map(|_| None).collect(),
        ids: HashMap::new(),
        told: Told::default(),
        failures: 0,
    };
    let total = request.operations.len();
    for place in request.in_order() {
        if request
            .fail_on_errors
            .is_some_and(|most| run.failures >= most)
        {
            break;
        }
        if let Some(operation) = request.operations.get(place) {
            run.operation(asking, place, operation).await;
        }
    }
    let answers: Vec<Value> = run.done.into_iter().flatten().collect();
    run.told.summary = format!(
        "bulk: {} of {total} operations, {} failed",
        answers.len(),
        run.failures
    );
    Ok(Answer::new(200, bulk_response(&answers)).telling(run.told))
}

/// A bulk request that is being done.
struct Run {
    /// The answers, each in its operation's place.
    done: Vec<Option<Value>>,
    /// The ids of what was made, by `bulkId`.
    ids: HashMap<String, String>,
    told: Told,
    failures: usize,
}

impl Run {
    async fn operation(&mut self, asking: &Asking, place: usize, operation: &BulkOperation) {
        let mut id = operation.id.clone();
        let answer = match operation.resolved(|bulk_id| self.ids.get(bulk_id).cloned()) {
            Ok(operation) => {
                id.clone_from(&operation.id);
                call(asking, operation)
                    .await
                    .unwrap_or_else(Refused::into_answer)
            }
            Err(error) => error.into(),
        };
        if answer.status >= 400 {
            self.failures += 1;
        } else if let (Some(bulk_id), Some(location)) = (&operation.bulk_id, &answer.location)
            && let Some((_, id)) = location.rsplit_once('/')
        {
            self.ids.insert(bulk_id.clone(), id.to_owned());
        }
        self.told.absorb(&answer.told);
        let place = self.done.get_mut(place);
        if let Some(place) = place {
            *place = Some(described(asking, operation, id.as_deref(), answer));
        }
    }
}

/// One operation, done as a request of its own would be.
async fn call(asking: &Asking, operation: BulkOperation) -> Result<Answer, Refused> {
    let method = match operation.method {
        BulkMethod::Post => Method::POST,
        BulkMethod::Put => Method::PUT,
        BulkMethod::Patch => Method::PATCH,
        BulkMethod::Delete => Method::DELETE,
    };
    let asked = Asked {
        // The answer shows no resource, so that none need be read.
        query: "attributes=id".to_owned(),
        body: operation.data,
        if_match: match &operation.version {
            Some(version) => Condition::OneOf(vec![condition::bare(version).to_owned()]),
            None => Condition::None,
        },
        if_none_match: Condition::None,
    };
    match (operation.resource, &operation.id) {
        (ResourceType::User, None) => users::collection(asking, &method, asked).await,
        (ResourceType::User, Some(id)) => users::single(asking, &method, id, asked).await,
        (ResourceType::Group, None) => groups::collection(asking, &method, asked).await,
        (ResourceType::Group, Some(id)) => groups::single(asking, &method, id, asked).await,
    }
}

/// An operation's part of the answer (RFC 7644 §3.7.3), `id` being that of its resource, resolved
/// as far as could be. The body is there only where it tells of an error.
fn described(
    asking: &Asking,
    operation: &BulkOperation,
    id: Option<&str>,
    answer: Answer,
) -> Value {
    let mut described = json!({ "method": operation.method.as_str() });
    if let Some(bulk_id) = &operation.bulk_id {
        described["bulkId"] = bulk_id.clone().into();
    }
    let known = id.filter(|id| !id.contains(':'));
    let location = answer.location.or_else(|| {
        let endpoint = operation.resource.endpoint();
        known.map(|id| format!("{}{endpoint}/{id}", asking.base_url))
    });
    if let Some(location) = location {
        described["location"] = location.into();
    }
    if let Some(version) = answer.version {
        described["version"] = version.into();
    }
    described["status"] = answer.status.to_string().into();
    if answer.status >= 400
        && let Body::Value(body) = answer.body
    {
        described["response"] = body;
    }
    described
}
