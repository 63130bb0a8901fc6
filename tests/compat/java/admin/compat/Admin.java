package compat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;

/**
 * Runs the commands of Apache's own mqadmin that people use most, beside clients at work.
 * Arguments: name server, broker address.
 */
public final class Admin {
  private Admin() {}

  public static void main(String[] arguments) throws Exception {
    String broker = arguments[1];
    Commands commands = new Commands(arguments[0]);
    try (AtWork work = new AtWork(arguments[0], "admin")) {
      commands.run(preparing(broker));
      List<SendResult> sent = new ArrayList<>();
      for (int i = 0; i < AtWork.MESSAGES; i++) {
        Message message = work.message("AdminTopic", i);
        message.putUserProperty("colour", "blue");
        sent.add(work.producer.send(message));
      }
      work.consume("AdminTopic");
      commands.run(commands(broker, sent.get(3)));
    }
    System.exit(0);
  }

  private static Map<String, String> preparing(String broker) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("updateTopic", "updateTopic -c DefaultCluster -t AdminTopic -r 4 -w 4");
    all.put("updateTopic-at-broker", "updateTopic -b " + broker + " -t AdminOther -r 2 -w 2 -p 4");
    all.put("updateTopic-again", "updateTopic -c DefaultCluster -t AdminOther -r 3 -w 3 -p 6");
    all.put("updateSubGroup", "updateSubGroup -c DefaultCluster -g admin_group -r 5");
    all.put("updateSubGroup-at-broker", "updateSubGroup -b " + broker + " -g admin_other -s false");
    return all;
  }

  private static Map<String, String> commands(String broker, SendResult sent) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("clusterList", "clusterList");
    all.put("clusterList-more", "clusterList -m");
    all.put("topicList", "topicList");
    all.put("topicList-clusters", "topicList -c");
    all.put("topicRoute", "topicRoute -t AdminTopic");
    all.put("topicRoute-list", "topicRoute -t AdminTopic -l");
    all.put("topicRoute-unknown", "topicRoute -t AdminAbsent");
    all.put("topicStatus", "topicStatus -t AdminTopic");
    all.put("consumerProgress", "consumerProgress -g admin_consumer");
    all.put("consumerProgress-all", "consumerProgress");
    all.put("producerConnection", "producerConnection -g admin_producer -t AdminTopic");
    all.put("producerConnection-unknown", "producerConnection -g nobody -t AdminTopic");
    all.put("consumerConnection", "consumerConnection -g admin_consumer");
    all.put("consumerConnection-unknown", "consumerConnection -g nobody");
    all.put("queryMsgById", "queryMsgById -t AdminTopic -i " + sent.getOffsetMsgId());
    all.put("queryMsgById-unique", "queryMsgById -t AdminTopic -i " + sent.getMsgId());
    all.put("queryMsgByUniqueKey", "queryMsgByUniqueKey -t AdminTopic -i " + sent.getMsgId());
    all.put("queryMsgByKey", "queryMsgByKey -t AdminTopic -k key3");
    all.put("queryMsgByKey-unknown", "queryMsgByKey -t AdminTopic -k absent");
    all.put("brokerStatus", "brokerStatus -b " + broker);
    all.put("brokerStatus-cluster", "brokerStatus -c DefaultCluster");
    all.put("getConsumerConfig", "getConsumerConfig -g admin_group");
    all.put("deleteSubGroup", "deleteSubGroup -b " + broker + " -g admin_other -r true");
    all.put("deleteSubGroup-cluster", "deleteSubGroup -c DefaultCluster -g admin_group -r true");
    all.put("deleteSubGroup-unknown", "deleteSubGroup -b " + broker + " -g nobody_at_all");
    all.put("deleteTopic", "deleteTopic -c DefaultCluster -t AdminOther");
    all.put("topicRoute-deleted", "topicRoute -t AdminOther");
    all.put("topicStatus-deleted", "topicStatus -t AdminOther");
    String batched = "-b " + broker + " -t AdminBatched -r 1 -w 1";
    all.put("updateTopic-batched", "updateTopic -a +queue.type=BatchCQ " + batched);
    all.put("updateTopic-type-stays", "updateTopic -a +queue.type=SimpleCQ " + batched);
    all.put("deleteTopic-batched", "deleteTopic -c DefaultCluster -t AdminBatched");
    return all;
  }
}
